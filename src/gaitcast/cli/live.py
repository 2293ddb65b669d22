"""Bundles at work: streamed, adapted to their wearer, timed, compiled for small devices."""

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
def stream(
    bundle: BundleArgument,
    source: SourceOption,
    mapping: MappingOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the forecasts here, row by row.")] = None,
    state: StateOption = None,
    wearer_profile: ProfileOption = None,
    realtime: Annotated[bool, typer.Option(help="Replay at the recorded pace.")] = False,
    wearer: WearerOption = None,
    at_contact: Annotated[
        str | None,
        typer.Option(help="left or right: that foot's IMU in, stiffness at each heel strike out."),
    ] = None,
    rate_hz: RateOption = None,
    bridge_s: BridgeOption = 0.0,
    send: Annotated[
        str | None,
        typer.Option(help="Send each forecast: udp://HOST:PORT, tcp://HOST:PORT, lsl:NAME."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="New .xdf file for samples, forecasts and faults, as they come."),
    ] = None,
    fallback: Annotated[
        list[Path] | None,
        typer.Option(help="Bundle that does without a sensor, for the time in which it is gone."),
    ] = None,
) -> None:
    """Run a bundle sample by sample."""
    from gaitcast.cli.streaming import stream_bundle

    stream_bundle(
        bundle,
        source,
        typer.echo,
        lambda line: typer.echo(f"warning: {line}", err=True),
        mapping=mapping,
        out=out,
        state=state,
        profile=wearer_profile,
        realtime=realtime,
        wearer=wearer or (),
        at_contact=at_contact,
        rate_hz=rate_hz,
        bridge_s=bridge_s,
        fallbacks=fallback or (),
        send=send,
        record=record,
    )


@commands.command()
def serve(
    bundle: BundleArgument,
    listen: Annotated[
        str, typer.Option(help="udp://HOST:PORT; without a host this machine's loopback.")
    ],
    capacity: Annotated[
        int | None, typer.Option(min=1, help="Wearers at once; default what is measured here.")
    ] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="Folder where what was learnt of each wearer is kept.")
    ] = None,
    rate_hz: RateOption = None,
    bridge_s: BridgeOption = 0.0,
) -> None:
    """Serve many wearers: JSON packets with a wearer's name in, forecasts back to the sender."""
    from gaitcast.errors import GaitcastError
    from gaitcast.runtime import Bundle
    from gaitcast.runtime.addresses import parse_address
    from gaitcast.runtime.serving import serve_wearers
    from gaitcast.runtime.wearers import Wearers

    address = parse_address(listen)
    if address.kind != "udp" or address.options:
        raise GaitcastError("wearers are served by UDP", where=listen, hint="udp://HOST:PORT")
    loaded = Bundle.load(bundle)
    wearers = Wearers(loaded, capacity, rate_hz, bridge_s, profiles)
    typer.echo(f"up to {wearers.capacity} wearers at {listen}")
    serve_wearers(
        wearers,
        loaded.card.channels,
        address,
        lambda line: typer.echo(f"warning: {line}", err=True),
    )


@commands.command()
def adapt(
    bundle: BundleArgument,
    data: Annotated[
        str, typer.Option(help="The wearer's recordings: a file, a folder, a dataset's name.")
    ],
    seconds: Annotated[
        float, typer.Option(help="Of them, to adapt to; the rest shows what was gained.")
    ],
    method: Annotated[
        str | None,
        typer.Option(help="memory, fixed-memory, head, last, low-rank, network; default by model."),
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Whom to adapt to, if several.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping of a table.")] = None,
    out: Annotated[Path | None, typer.Option(help="New bundle; default BUNDLE-adapted.")] = None,
) -> None:
    """Adapt a bundle to some seconds of its wearer beforehand, and say what that gained."""
    from gaitcast.cli.adapting import adapt_bundle

    adapt_bundle(
        bundle,
        data,
        seconds,
        lambda line: typer.echo(f"warning: {line}", err=True),
        method=method,
        subject=subject,
        mapping=mapping,
        out=out,
    )


@commands.command()
def bench(
    bundles: Annotated[list[Path], typer.Argument(help="Folders of bundles.")],
    repeat: Annotated[int, typer.Option(min=100, help="Samples to time.")] = 2000,
) -> None:
    """Time single steps of bundles on this machine, beside the bare network of each.

    Back to back, and for three seconds at the pace of a sensor.
    """
    from gaitcast.cli.tables import print_latencies
    from gaitcast.deploy import bare_network
    from gaitcast.runtime import Bundle, measure
    from gaitcast.runtime.latency import measure_graph, measure_paced

    rows = []
    for path in bundles:
        loaded = Bundle.load(path)
        network = measure_graph("bare network", bare_network(path), loaded.card.rate_hz, repeat)
        rows.append((measure(loaded, repeat), measure_paced(loaded), network))
    print_latencies(rows)


@commands.command("compile")
def compile_c(
    bundle: BundleArgument,
    out: Annotated[Path, typer.Option(help="Folder for gaitcast.h, gaitcast.c and main.c.")],
    weights: Annotated[
        str, typer.Option(help="How the network's weights are stored: float32 or int8.")
    ] = "float32",
) -> None:
    """Write a bundle's step as C99 for a microcontroller; show which ones hold it."""
    from gaitcast.cli.tables import print_footprint
    from gaitcast.deploy.c99 import compile_bundle
    from gaitcast.runtime import Bundle

    print_footprint(compile_bundle(Bundle.load(bundle), out, weights), out)
