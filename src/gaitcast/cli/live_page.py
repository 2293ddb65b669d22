"""`gaitcast live`: a page that shows a bundle at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def live(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    source: Annotated[
        list[str],
        typer.Option(
            help="replay:FILE at its own pace, or stdin, udp://HOST:PORT, tcp://HOST:PORT, "
            "tcp-listen://HOST:PORT, serial:DEVICE, lsl:NAME; repeat it for sensors with clocks of "
            "their own."
        ),
    ],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of a replayed table.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from this state; it is kept while samples come.")
    ] = None,
    wearer_profile: Annotated[
        Path | None,
        typer.Option(help="Begin with what was learnt of the wearer before; it is kept here."),
    ] = None,
    wearer: Annotated[
        list[str] | None,
        typer.Option(help="Of the wearer, for the bundle: mass_kg=72, affected_side=left ..."),
    ] = None,
    rate_hz: Annotated[
        float | None,
        typer.Option(help="Of the raw samples; default the recording's, or the bundle's card."),
    ] = None,
    bridge_s: Annotated[
        float,
        typer.Option(help="Fill gaps up to this long instead of beginning anew, s."),
    ] = 0.0,
    record_to: Annotated[
        Path | None, typer.Option(help="Folder for recordings (XDF); the page has a button then.")
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Address to serve the page at; other than loopback it needs a token."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 5006,
) -> None:
    """Show a bundle at work: forecasts, errors, health and computing times on a page."""
    from gaitcast.cli.watching import watch_bundle

    watch_bundle(
        bundle,
        source,
        typer.echo,
        mapping=mapping,
        state=state,
        profile=wearer_profile,
        wearer=wearer or (),
        rate_hz=rate_hz,
        bridge_s=bridge_s,
        host=host,
        port=port,
        record_to=record_to,
    )
