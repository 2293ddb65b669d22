"""`gaitcast live`: a page that shows a bundle at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gaitcast.cli.arguments import (
    BridgeOption,
    BundleArgument,
    MappingOption,
    ProfileOption,
    RateOption,
    SourceOption,
    StateOption,
    WearerOption,
)

commands = typer.Typer()


@commands.command()
def live(
    bundle: BundleArgument,
    source: SourceOption,
    mapping: MappingOption = None,
    state: StateOption = None,
    wearer_profile: ProfileOption = None,
    wearer: WearerOption = None,
    rate_hz: RateOption = None,
    bridge_s: BridgeOption = 0.0,
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
