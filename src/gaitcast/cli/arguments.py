"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the recordings; default $GAITCAST_DATA.")
]
BundleArgument = Annotated[Path, typer.Argument(help="Folder of a bundle.")]
SourceOption = Annotated[
    list[str],
    typer.Option(
        "--source",
        help="replay:FILE, or stdin, udp://HOST:PORT, tcp://HOST:PORT, tcp-listen://HOST:PORT, "
        "serial:DEVICE, lsl:NAME; repeat it for sensors with clocks of their own.",
    ),
]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", help="Mapping of a replayed table.")
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="Go on from this state; it is kept while samples come."),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--wearer-profile", help="Begin with what was learnt of the wearer before; it is kept here."
    ),
]
WearerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--wearer", help="Of the wearer, for the bundle: mass_kg=72, affected_side=left ..."
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate-hz", help="Of the raw samples; default the recording's, or the bundle's card."
    ),
]
BridgeOption = Annotated[
    float,
    typer.Option("--bridge-s", help="Fill gaps up to this long instead of beginning anew, s."),
]
