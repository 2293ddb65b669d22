"""Recordings: checked, converted, fetched, simulated; ankle impedance from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gaitcast.errors import GaitcastError

commands = typer.Typer()


@commands.command()
def check(
    path: Annotated[Path, typer.Argument(help="A file, a folder of files, or a cohort folder.")],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of a table or arrays.")] = None,
    guess: Annotated[Path | None, typer.Option(help="Write a guessed mapping here.")] = None,
    people: Annotated[
        Path | None, typer.Option(help="Table of participants: mass, height ...")
    ] = None,
    json: Annotated[bool, typer.Option(help="Everything as JSON.")] = False,
) -> None:
    """Show what files hold: people, trials, channels, units, gaps, and what to warn about."""
    from gaitcast.atomic import write_text
    from gaitcast.cli.checked import print_checked
    from gaitcast.quality.check import as_json, check_path, guess_file

    if guess is not None:
        text = guess_file(path)
        if guess.exists():
            raise GaitcastError("exists already", where=str(guess), hint="Name another file")
        write_text(guess, text)
        typer.echo(f"written: {guess}; look at every line before you use it")
        return
    found = check_path(path, mapping, people)
    if json:
        typer.echo(as_json(found))
    else:
        print_checked(found, channels=path.is_file())
    if not found.files:
        raise typer.Exit(2)


@commands.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A file, a folder of files, or a cohort folder.")],
    target: Annotated[
        Path, typer.Argument(help="Folder, or a .csv, .xlsx, .trc, .mot or .sto file.")
    ],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of tables or arrays.")] = None,
    people: Annotated[
        Path | None, typer.Option(help="Table of participants: mass, height ...")
    ] = None,
    channels: Annotated[
        str | None, typer.Option(help="Only these: names or patterns, commas between.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="On a uniform clock of so many Hz, behind a low-pass.")
    ] = None,
    angles: Annotated[
        bool, typer.Option("--joint-angles", help="Add joint angles computed from markers.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Cohort folder of CSV, not Parquet.")] = False,
    bids: Annotated[bool, typer.Option("--bids", help="BIDS-Motion folder.")] = False,
    croissant: Annotated[
        bool, typer.Option("--croissant", help="Cohort folder with Croissant metadata.")
    ] = False,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="A .csv with semicolons and decimal commas.")
    ] = False,
) -> None:
    """Convert recordings: many into a folder, one into a table or an OpenSim file."""
    from gaitcast.datasets.convert import Changes, convert_files

    asked = [
        kind for kind, wanted in (("csv", csv), ("bids", bids), ("croissant", croissant)) if wanted
    ]
    if len(asked) > 1:
        raise GaitcastError(
            f"--{asked[0]} and --{asked[1]} are two kinds of folder", hint="Give one of them"
        )
    patterns = tuple(word.strip() for word in (channels or "").split(",") if word.strip())
    if rate is not None and not 1 <= rate <= 100_000:
        raise GaitcastError(f"a rate of {rate:g} Hz", hint="Give --rate in Hz, from 1 up")
    changes = Changes(patterns, rate, angles)
    lines = convert_files(
        source,
        target,
        mapping,
        people,
        folder=asked[0] if asked else "parquet",
        decimal="," if decimal_comma else ".",
        changes=None if changes == Changes() else changes,
    )
    for line in lines:
        typer.echo(line)


data_app = typer.Typer(help="Public datasets: list, show, fetch.", no_args_is_help=True)
commands.add_typer(data_app, name="data")


@data_app.command("list")
def data_list() -> None:
    """List the public datasets that gaitcast reads."""
    from gaitcast.datasets import PUBLIC

    for name, dataset in PUBLIC.items():
        typer.echo(f"{name}: {dataset.title}")


@data_app.command("show")
def data_show(name: Annotated[str, typer.Argument(help="Of the dataset.")]) -> None:
    """Show where a dataset is from, its licence, and how to cite it."""
    from gaitcast.cli.tables import print_dataset
    from gaitcast.datasets import public

    print_dataset(public(name))


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="Of the dataset.")],
    to: Annotated[Path, typer.Option(help="Folder for its files.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Download a dataset, after its licence and citation were shown; goes on where it stopped."""
    from gaitcast.cli.progress import DownloadProgress
    from gaitcast.cli.tables import print_dataset
    from gaitcast.datasets import public
    from gaitcast.datasets.fetch import fetch

    dataset = public(name)
    print_dataset(dataset)
    if not yes and not typer.confirm(f"Download it to {to}?"):
        return
    with DownloadProgress() as progress:
        paths = fetch(dataset, to, progress)
    typer.echo(f"{to}: {len(paths)} files, checked")


@commands.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Cohort folder: people, events, recordings, truth.")],
    subjects: Annotated[int, typer.Option(min=1, help="People.")] = 4,
    minutes: Annotated[float, typer.Option(help="Length of each walk.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Write recordings of simulated people, and the truth about them."""
    from gaitcast.io import write_cohort
    from gaitcast.simulate import simulate as draw

    write_cohort(draw(subjects, minutes, seed, workers), out, "csv")
    typer.echo(f"{out}: {subjects} people, {minutes:g} minutes each; what is true lies in truth/")


@commands.command()
def impedance(
    source: Annotated[Path, typer.Argument(help="Trials: a folder, a file, a cohort folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the tables and figures.")],
    mass_kg: Annotated[
        float | None, typer.Option("--mass", help="Of the person, kg, where no file states it.")
    ] = None,
    start_percent: Annotated[
        float | None,
        typer.Option("--start", help="Window in stance, %; default the best one."),
    ] = None,
    width_percent: Annotated[
        float | None, typer.Option("--width", help="Of the window, %.")
    ] = None,
    terms: Annotated[str, typer.Option(help="Of K, B and I.")] = "K,B",
    cutoff_hz: Annotated[float, typer.Option(help="Bandwidth of the derivatives.")] = 20.0,
    people: Annotated[
        Path | None, typer.Option(help="Table of participants: mass, height ...")
    ] = None,
) -> None:
    """Identify the ankle in every step: from markers and plates, or from angles and moments."""
    from gaitcast.cli.impedance_table import print_impedance
    from gaitcast.datasets import load_path
    from gaitcast.impedance.session import identify_trials
    from gaitcast.report.ankle import write_ankle_figures

    cohort = load_path(source, people=people)
    found = identify_trials(
        cohort,
        mass_kg=mass_kg,
        window=(start_percent, width_percent),
        terms=[term.strip() for term in terms.split(",")],
        cutoff_hz=cutoff_hz,
    )
    written = found.write(out)
    written += write_ankle_figures(found.stances, found.swept, out, found.window[1])
    print_impedance(found, [*cohort.notes, *found.lines], written)
