"""The command line: thin, every command a few calls of the library."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

from gaitcast.errors import GaitcastError, MissingError

try:
    import typer
except ModuleNotFoundError:  # the runtime alone was installed
    sys.exit(
        "gaitcast: the command line needs more than the runtime. Run: pip install 'gaitcast[lab]'"
    )

app = typer.Typer(
    help="Gait recordings in, predictors that hold on a new person and run live out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
#: Typer carries its own copy of click, or click itself, depending on its version.
_UsageError: Any = typer.BadParameter.__bases__[0]
_DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the recordings; default $GAITCAST_DATA.")
]


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="Name of a shipped study, or a TOML file.")],
    quick: Annotated[bool, typer.Option(help="One seed, fewer epochs and folds.")] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Repeats; default the study's seeds.")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="One variant of a study that has several.")
    ] = None,
    data: _DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Results; default runs/STUDY.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Fits side by side.")] = 2,
    log: Annotated[
        str, typer.Option(help="Where losses are written: csv, tensorboard, mlflow or none.")
    ] = "csv",
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) for each fit.")] = 1,
) -> None:
    """Run a study: table, report and bundles. Finished fits are kept and never repeated."""
    from gaitcast.evaluation import Workspace, read_study
    from gaitcast.evaluation.study_file import choose_part
    from gaitcast.training.log import log_kind

    parts = read_study(study).parts(data)
    whole = parts[""][0].name
    place = out or Path("runs") / (f"{whole}-quick" if quick else whole)
    ready = []
    for name, (plan, folder) in choose_part(parts, part).items():
        plan = plan.quickened() if quick else plan
        plan = plan.repeated(seeds) if seeds else plan
        workspace = Workspace(plan, folder, place / name, log_kind(log), devices)
        optional = bool(name) and not part
        with _left_out_if_missing(plan.name, optional):  # said before hours of fits, not after
            workspace.cohort("uniform")
            ready.append((workspace, optional))
    for workspace, optional in ready:
        with _left_out_if_missing(workspace.study.name, optional):
            _run_part(workspace, workers)


@contextmanager
def _left_out_if_missing(what: str, optional: bool) -> Iterator[None]:
    try:
        yield
    except MissingError as missing:
        if not optional:
            raise
        typer.echo(f"left out: {what}. {missing}", err=True)


def _run_part(workspace: Any, workers: int) -> None:
    from gaitcast.console import Progress, print_notes, print_results
    from gaitcast.deploy import export_study
    from gaitcast.evaluation import results_table, run_study, summarise, write_results
    from gaitcast.evaluation.audit import study_leaks
    from gaitcast.report import write_report
    from gaitcast.runtime import Bundle, measure

    place = workspace.out
    print_notes(workspace.cohort("uniform"))
    with Progress() as progress:
        fits = run_study(workspace, workers=workers, announce=progress, warn=progress.warn)
    table = results_table(workspace, fits)
    summary = summarise(table)
    write_results(workspace, fits, table, summary)
    bundles = export_study(workspace, fits)
    write_report(
        workspace,
        fits,
        summary,
        leaks=study_leaks(workspace, [job for job, _ in fits]),
        latencies=[measure(Bundle.load(bundle), 300) for bundle in bundles],
    )
    print_results(summary, [place / "results.csv", place / "report.html", *bundles])


@app.command()
def figures(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default RESULTS/figures.")] = None,
    kind: Annotated[str, typer.Option("--format", help="svg, pdf or png.")] = "svg",
) -> None:
    """Draw a study's figures for a paper: mean cycle, error by horizon, ranks, people, losses."""
    from gaitcast.evaluation import Workspace, read_run, results_table, summarise
    from gaitcast.report.paper import write_figures

    study, fits = read_run(results)
    workspace = Workspace(study, None, results)
    summary = summarise(results_table(workspace, fits))
    for path in write_figures(workspace, fits, summary, out or results / "figures", kind):
        typer.echo(str(path))


@app.command()
def impedance(
    source: Annotated[Path, typer.Argument(help="Trials: a folder, a file, a cohort folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the tables and figures.")],
    mass_kg: Annotated[
        float | None, typer.Option("--mass", help="Of the person, kg, where no file tells it.")
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
) -> None:
    """Identify the ankle in every step: from markers and plates, or from angles and moments."""
    from gaitcast.console import print_impedance
    from gaitcast.convert import gather
    from gaitcast.impedance.session import identify_trials
    from gaitcast.report.ankle import write_ankle_figures

    lines: list[str] = []
    found = identify_trials(
        gather(source, None, lines),
        mass_kg=mass_kg,
        window=(start_percent, width_percent),
        terms=[term.strip() for term in terms.split(",")],
        cutoff_hz=cutoff_hz,
    )
    written = found.write(out)
    written += write_ankle_figures(found.stances, found.swept, out, found.window[1])
    print_impedance(found, [*lines, *found.lines], written)


@app.command()
def export(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    model: Annotated[str, typer.Option(help="Model of the fit.")],
    inputs: Annotated[str, typer.Option(help="Its inputs.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    steps: Annotated[str | None, typer.Option(help="Its signal steps, if several.")] = None,
    split: Annotated[str | None, typer.Option(help="Its split, if several.")] = None,
    fold: Annotated[str | None, typer.Option(help="Its fold, if several.")] = None,
    horizon_ms: Annotated[float | None, typer.Option(help="Its horizon, if several.")] = None,
    seed: Annotated[int | None, typer.Option(help="Its seed, if several.")] = None,
) -> None:
    """Write one finished fit of a study as a bundle."""
    from gaitcast.deploy import export_bundle
    from gaitcast.evaluation import pick_fits, read_run

    study, fits = read_run(results)
    wanted = {"model": model, "inputs": inputs, "steps": steps, "split": split, "fold": fold}
    job, key = pick_fits(fits, {**wanted, "horizon_ms": horizon_ms, "seed": seed})[0]
    export_bundle(study, job, results / "fits" / key, out)
    typer.echo(f"{out}: {job.label}")


@app.command()
def stream(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    source: Annotated[
        str, typer.Option(help="replay:FILE, or stdin for 'time_s,channel,...' lines.")
    ],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of a replayed table.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the forecasts as CSV.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from this state; save it at the end.")
    ] = None,
    realtime: Annotated[bool, typer.Option(help="Replay at the recorded pace.")] = False,
    wearer: Annotated[
        list[str] | None,
        typer.Option(help="Of the wearer, for the bundle: mass_kg=72, affected_side=left ..."),
    ] = None,
    at_contact: Annotated[
        str | None,
        typer.Option(help="left or right: that foot's IMU in, stiffness at each heel strike out."),
    ] = None,
) -> None:
    """Run a bundle sample by sample."""
    from gaitcast.live import stream_bundle

    for line in stream_bundle(
        bundle,
        source,
        mapping=mapping,
        out=out,
        state=state,
        realtime=realtime,
        wearer=wearer or (),
        at_contact=at_contact,
    ):
        typer.echo(line)


@app.command()
def bench(
    bundles: Annotated[list[Path], typer.Argument(help="Folders of bundles.")],
    steps: Annotated[int, typer.Option(min=100, help="Steps to time.")] = 2000,
) -> None:
    """Time single steps of bundles on this machine, beside the bare network of each."""
    from gaitcast.console import print_latencies
    from gaitcast.deploy import bare_network
    from gaitcast.runtime import Bundle, measure
    from gaitcast.runtime.latency import measure_graph

    rows = []
    for path in bundles:
        loaded = Bundle.load(path)
        network = measure_graph("bare network", bare_network(path), loaded.card.rate_hz, steps)
        rows.append((measure(loaded, steps), network))
    print_latencies(rows)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A file, a folder of files, or a cohort folder.")],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of a table or arrays.")] = None,
    guess: Annotated[Path | None, typer.Option(help="Write a guessed mapping here.")] = None,
    json: Annotated[bool, typer.Option(help="Everything as JSON.")] = False,
) -> None:
    """Show what files hold: people, trials, channels, units, gaps, and what to doubt."""
    from gaitcast.atomic import write_text
    from gaitcast.check import as_json, check_path, guess_file
    from gaitcast.console import print_checked

    if guess is not None:
        text = guess_file(path)
        if guess.exists():
            raise GaitcastError("exists already", where=str(guess), mend="Name another file")
        write_text(guess, text)
        typer.echo(f"written: {guess}; look at every line before you use it")
        return
    found = check_path(path, mapping)
    if json:
        typer.echo(as_json(found))
    else:
        print_checked(found, channels=path.is_file())


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A file, a folder of files, or a cohort folder.")],
    target: Annotated[Path, typer.Argument(help="Folder, or a .csv, .trc, .mot or .sto file.")],
    mapping: Annotated[Path | None, typer.Option(help="Mapping of tables or arrays.")] = None,
) -> None:
    """Convert recordings: many into a cohort folder, one into a table or an OpenSim file."""
    from gaitcast.convert import convert_files

    for line in convert_files(source, target, mapping):
        typer.echo(line)


data_app = typer.Typer(help="Public datasets: list, show, fetch.", no_args_is_help=True)
app.add_typer(data_app, name="data")


@data_app.command("list")
def data_list() -> None:
    """List the public datasets that gaitcast reads."""
    from gaitcast.datasets import PUBLIC

    for name, dataset in PUBLIC.items():
        typer.echo(f"{name}: {dataset.title}")


@data_app.command("show")
def data_show(name: Annotated[str, typer.Argument(help="Of the dataset.")]) -> None:
    """Show where a dataset is from, its licence, and how to cite it."""
    from gaitcast.console import print_dataset
    from gaitcast.datasets import public

    print_dataset(public(name))


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="Of the dataset.")],
    to: Annotated[Path, typer.Option(help="Folder for its files.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Download a dataset, after its licence and citation were shown; goes on where it stopped."""
    from gaitcast.console import DownloadProgress, print_dataset
    from gaitcast.datasets import public
    from gaitcast.datasets.fetch import fetch

    dataset = public(name)
    print_dataset(dataset)
    if not yes and not typer.confirm(f"Download it to {to}?"):
        return
    with DownloadProgress() as progress:
        paths = fetch(dataset, to, progress)
    typer.echo(f"{to}: {len(paths)} files, checked")


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished studies.")],
    metric: Annotated[str, typer.Option(help="An error of results.csv.")] = "mae",
) -> None:
    """Compare models of one or several studies, paired by person."""
    from gaitcast.console import print_comparison
    from gaitcast.evaluation.comparison import compare_models, errors_by_person, read_tables

    cells = errors_by_person(read_tables(runs), metric)
    if not cells:
        raise GaitcastError(f"no figures of '{metric}'", mend="Name a metric of results.csv")
    for cell, errors in cells.items():
        try:
            print_comparison(cell, compare_models(errors))
        except GaitcastError as error:
            typer.echo(f"{', '.join(cell)} ms: {error}")


@app.command()
def audit(
    study: Annotated[str | None, typer.Argument(help="Shipped study, or a TOML file.")] = None,
    paper: Annotated[
        str | None, typer.Option(help="A source's protocol, turned step by step.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to audit; default the exported.")] = None,
    inputs: Annotated[str | None, typer.Option(help="Its inputs.")] = None,
    steps: Annotated[str | None, typer.Option(help="Its signal steps.")] = None,
    split: Annotated[str | None, typer.Option(help="Its split.")] = None,
    quick: Annotated[bool, typer.Option(help="One seed, fewer epochs and folds.")] = False,
    data: _DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Results; default runs/STUDY.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Fits side by side.")] = 2,
) -> None:
    """Look for leaks in a study's pipeline, and tell what each published habit is worth to it."""
    from gaitcast.console import Progress, print_audit, print_worth
    from gaitcast.evaluation import Workspace, read_study, results_table, run_study
    from gaitcast.evaluation.audit import (
        audit_pipeline,
        paper_study,
        pick_pipeline,
        worth_of,
        write_audit,
    )

    if (study is None) == (paper is None):
        raise GaitcastError("nothing to audit", mend="Give either a study or --paper NAME")
    plan, data = read_study(study or paper_study(paper or "")).parts(data)[""]
    place = out or Path("runs") / (f"{plan.name}-quick" if quick else plan.name)
    workspace = Workspace(plan.quickened() if quick else plan, data, place)
    if paper is not None:
        with Progress() as progress:
            fits = run_study(workspace, workers=workers, announce=progress)
        print_worth(worth_of(results_table(workspace, fits), workspace.study))
        return
    wanted = {"model": model, "inputs": inputs, "steps": steps, "split": split}
    pipeline = pick_pipeline(workspace.study, wanted)
    with Progress() as progress:
        found = audit_pipeline(workspace, pipeline, workers=workers, announce=progress)
    print_audit(found, write_audit(place, [found]))


@app.command()
def explain(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    model: Annotated[str, typer.Option(help="Model to explain, over all its folds and seeds.")],
    inputs: Annotated[str | None, typer.Option(help="Its inputs, if several.")] = None,
    steps: Annotated[str | None, typer.Option(help="Its signal steps, if several.")] = None,
    split: Annotated[str | None, typer.Option(help="Its split, if several.")] = None,
    horizon_ms: Annotated[float | None, typer.Option(help="Its horizon, if several.")] = None,
    data: _DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Write integrated gradients as CSV.")] = None,
) -> None:
    """Tell which channels and segments a model leans on: ablation, permutation, gradients."""
    from gaitcast.atomic import write_text
    from gaitcast.console import print_explanation
    from gaitcast.evaluation import Workspace, pick_fits, read_run
    from gaitcast.evaluation.explain import explain as explain_fits

    study, fits = read_run(results)
    wanted = {"model": model, "inputs": inputs, "steps": steps, "split": split}
    chosen = pick_fits(fits, {**wanted, "horizon_ms": horizon_ms})
    found = explain_fits(Workspace(study, data, results), chosen)
    print_explanation(found)
    if out is not None:
        if found.gradients is None:
            raise GaitcastError(
                f"no gradients of '{model}'",
                mend="Choose a network; captum has to be installed (pip install --no-deps captum)",
            )
        write_text(out, found.gradients.to_csv())
        typer.echo(str(out))


@app.command()
def synergy(
    study: Annotated[str, typer.Argument(help="Shipped study, or a TOML file.")],
    inputs: Annotated[str, typer.Option(help="Its inputs to choose from.")],
    target: Annotated[str | None, typer.Option(help="Channel; default the study's first.")] = None,
    horizon_ms: Annotated[
        float | None, typer.Option(help="How far ahead; default the farthest.")
    ] = None,
    data: _DataOption = None,
) -> None:
    """Rank the joints and limbs that help to forecast a joint, chosen and judged apart."""
    from gaitcast.console import print_synergy
    from gaitcast.evaluation import read_study
    from gaitcast.evaluation.coupling import limb_coupling
    from gaitcast.evaluation.synergy import angles_to_couple, study_task
    from gaitcast.evaluation.synergy import synergy as rank

    plan = read_study(study).on_data(data)
    cohort, task = study_task(plan, data, inputs, target, horizon_ms)
    coupled = angles_to_couple(task)
    print_synergy(rank(cohort, task), limb_coupling(cohort, coupled) if len(coupled) > 1 else None)


@app.command()
def models(
    inputs: Annotated[int, typer.Option(min=1, help="Input channels.")] = 12,
    history: Annotated[int, typer.Option(min=8, help="Samples of a window.")] = 200,
    steps: Annotated[int, typer.Option(min=1, help="Samples forecast.")] = 50,
    rate_hz: Annotated[float, typer.Option(min=1, max=100_000, help="Sampling rate.")] = 100.0,
    json: Annotated[bool, typer.Option(help="As JSON.")] = False,
) -> None:
    """List the models: what they can do and what they cost."""
    from gaitcast.console import print_models
    from gaitcast.models import list_models

    rows = list_models(inputs, history, steps, rate_hz)
    if json:
        import json as codec

        typer.echo(codec.dumps(rows, indent=1))
    else:
        print_models(rows)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for recordings, events, facts and truth.")],
    subjects: Annotated[int, typer.Option(min=1, help="People.")] = 4,
    minutes: Annotated[float, typer.Option(help="Length of each walk.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Write recordings of simulated people, and the truth about them."""
    from gaitcast.io import write_cohort
    from gaitcast.simulate import simulate as draw

    write_cohort(draw(subjects, minutes, seed, workers), out)
    typer.echo(f"{out}: {subjects} people, {minutes:g} minutes each; what is true lies in truth/")


@app.command()
def studies() -> None:
    """List the shipped studies."""
    from gaitcast.evaluation import read_study, shipped_studies

    for name in shipped_studies():
        typer.echo(f"{name}: {read_study(name).title}")


def main() -> None:
    """Entry point: one clear line and exit code 2 for anything the user can mend."""
    try:
        sys.exit(app(standalone_mode=False))
    except GaitcastError as error:
        _end(str(error))
    except _UsageError as error:
        _end(f"{error.format_message()} See 'gaitcast --help'")
    except (KeyboardInterrupt, typer.Abort):
        _end("interrupted; what was finished is kept", code=130)
    except Exception as error:  # a defect of ours: still one line, with a way to see more
        if os.environ.get("GAITCAST_TRACEBACK"):
            raise
        text = " ".join(str(error).split())[:300]
        _end(f"unexpected {type(error).__name__}: {text}. Set GAITCAST_TRACEBACK=1 to see where")


def _end(text: str, code: int = 2) -> NoReturn:
    typer.echo(f"gaitcast: {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
