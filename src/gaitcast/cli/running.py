"""Studies: run, drawn, exported; what there is to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from gaitcast.cli.arguments import DataOption
from gaitcast.errors import GaitcastError, MissingError, nearest

commands = typer.Typer()
#: Exit code of a study that went through, with fits that failed.
FITS_FAILED = 3


@commands.command()
def new(
    source: Annotated[str, typer.Argument(help="A folder, a file, or the name of a dataset.")],
    target: Annotated[
        list[str] | None,
        typer.Option(help="Channel or pattern to predict; may be given several times."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The study; default NAME-SEGMENT-QUANTITY.toml here.")
    ] = None,
    horizon_ms: Annotated[
        list[float] | None,
        typer.Option(help="How far ahead, 0 for the present; may be given several times."),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="What columns of tables mean; guessed where there is none.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Look at recordings and write a first study on them, ready to run."""
    from gaitcast.study.starting import start_study

    made = start_study(
        source,
        target or (),
        out=out,
        horizons_ms=horizon_ms or (),
        folder=data,
        mapping=mapping,
    )
    for line in made.lines:
        typer.echo(line)
    if made.mapping is not None:
        typer.echo(f"written: {made.mapping}, guessed; look at every line before you use it")
    typer.echo(f"written: {made.study}")
    place = f" --data {data}" if data is not None else ""
    first = "confirm the participants, then " if made.refused else ""
    typer.echo(f"next: {first}gaitcast run {made.study} --quick{place}")


@commands.command()
def run(
    study: Annotated[str, typer.Argument(help="Name of a shipped study, or a TOML file.")],
    quick: Annotated[bool, typer.Option(help="One seed, fewer epochs and folds.")] = False,
    full: Annotated[
        bool, typer.Option(help="Train as the source does, where the study says how: hours.")
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Repeats; default the study's seeds.")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="One variant of a study that has several.")
    ] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Results; default runs/STUDY.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Fits side by side.")] = 2,
    log: Annotated[
        str, typer.Option(help="Where losses are written: csv, tensorboard, mlflow or none.")
    ] = "csv",
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) for each fit.")] = 1,
    shard: Annotated[
        str | None, typer.Option(help="Such as 3/50: the third of 50 shares, fitted only.")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="loky: processes of this machine; dask: a cluster.")
    ] = "loky",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the Dask scheduler, tcp://HOST:8786.")
    ] = None,
    resources: Annotated[
        str | None,
        typer.Option(help="What a fit takes: threads=4,memory_mb=3000,gpu_share=0.5."),
    ] = None,
) -> None:
    """Run a study: table, report and bundles. Finished fits are kept and never repeated.

    A fit that fails is a row with its error, and the others go on; the exit code is then 3. Running
    again tries the failed ones.
    """
    from gaitcast.study import Workspace, read_study
    from gaitcast.study.files import choose_part
    from gaitcast.study.results import refuse_other_study
    from gaitcast.training.log import log_kind

    if quick and full:
        raise GaitcastError("--quick and --full contradict each other", hint="Give one of them")
    if backend not in ("loky", "dask"):
        raise GaitcastError(f"no backend '{backend}'", hint=nearest(backend, ("loky", "dask")))
    if (backend == "dask") != (scheduler is not None):
        raise GaitcastError(
            "--backend dask and --scheduler ADDRESS go together", hint="Give both or neither"
        )
    share = _share(shard) if shard else None
    asked = read_study(study)
    parts = (asked.in_full() if full else asked).parts(data)
    form = "-quick" if quick else "-full" if full else ""
    place = out or Path("runs") / f"{parts[''][0].name}{form}"
    ready = []
    for name, (plan, folder) in choose_part(parts, part).items():
        plan = plan.quickened() if quick else plan
        plan = plan.repeated(seeds) if seeds else plan
        if resources:
            plan = plan.model_copy(update={"resources": plan.resources.changed(resources)})
        workspace = Workspace(plan, folder, place / name, log_kind(log), devices)
        optional = bool(name) and not part
        with _left_out_if_missing(plan.name, optional):  # said before hours of fits, not after
            refuse_other_study(workspace)
            workspace.cohort("uniform")
            ready.append((workspace, optional))
    failed = 0
    for workspace, optional in ready:
        with _left_out_if_missing(workspace.study.name, optional):
            failed += _run_part(workspace, workers, share, scheduler)
    if failed:
        raise typer.Exit(FITS_FAILED)


@contextmanager
def _left_out_if_missing(what: str, optional: bool) -> Iterator[None]:
    try:
        yield
    except MissingError as missing:
        if not optional:
            raise
        typer.echo(f"left out: {what}. {missing}", err=True)


def _share(text: str) -> tuple[int, int]:
    """Number of a share and how many there are, from ``3/50``."""
    number, _, shares = text.partition("/")
    if not (number.isdecimal() and shares.isdecimal()):
        raise GaitcastError(f"'{text}' is no shard", hint="Give one as 3/50")
    return int(number), int(shares)


def _run_part(
    workspace: Any, workers: int, share: tuple[int, int] | None, scheduler: str | None
) -> int:
    """Run one study; return how many of its jobs could not be fitted."""
    from gaitcast.cli.progress import Progress, print_failures
    from gaitcast.cli.tables import print_notes
    from gaitcast.study import results_table, run_study, write_results
    from gaitcast.study.store import Failure, writing

    print_notes(workspace.cohort("uniform"))
    for line in workspace.study.warnings:
        typer.echo(f"warning: {line}", err=True)
    not_fitted: list[Failure] = []
    with Progress() as progress:
        fits = run_study(
            workspace,
            workers=workers,
            announce=progress,
            warn=progress.warn,
            failed=not_fitted.append,
            shard=share or (1, 1),
            expect=progress.expect,
            scheduler=scheduler,
        )
    if share is not None:
        print_failures(not_fitted, workspace.out)
        typer.echo(
            f"shard {share[0]}/{share[1]}: {len(fits)} fits finished, {len(not_fitted)} failed. "
            "Table and report: the same command without --shard, once all shares are through"
        )
        return len(not_fitted)
    table = results_table(workspace, fits, not_fitted)
    with writing(workspace):
        if fits:
            _write_part(workspace, fits, table, not_fitted)
        else:
            write_results(workspace, fits, table, table.head(0), not_fitted)
    print_failures(not_fitted, workspace.out)
    return len(not_fitted)


def _write_part(workspace: Any, fits: Any, table: Any, not_fitted: Any) -> None:
    """Results, bundles and report of the fits that there are."""
    from gaitcast.analysis.audit import study_leaks
    from gaitcast.cli.tables import print_results
    from gaitcast.report import write_report
    from gaitcast.report.verdict import exported, failures, verdicts
    from gaitcast.runtime import Bundle, measure
    from gaitcast.study import summarise, write_results
    from gaitcast.study.export import export_study
    from gaitcast.study.results import extrapolations

    place, summary, bundles = workspace.out, summarise(table), []
    write_results(workspace, fits, table, summary, not_fitted)
    try:
        bundles = export_study(workspace, fits)
    except GaitcastError as error:
        if not not_fitted:
            raise
        typer.echo(f"warning: not exported: {error}", err=True)  # what it needs may have failed
    write_report(
        workspace,
        fits,
        summary,
        leaks=study_leaks(workspace, [job for job, _ in fits]),
        latencies=[measure(Bundle.load(bundle), 300) for bundle in bundles],
        not_fitted=not_fitted,
    )
    for line in [*extrapolations(workspace, fits), *failures(summary)]:
        typer.echo(f"warning: {line}", err=True)
    lines = verdicts(summary)
    if workspace.study.export and bundles:
        lines += exported(summary, workspace.study.export)
    print_results(summary, lines, [place / "results.csv", place / "report.html", *bundles])


@commands.command()
def figures(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default RESULTS/figures.")] = None,
    kind: Annotated[str, typer.Option("--format", help="svg, pdf or png.")] = "svg",
) -> None:
    """Draw a study's figures for a paper: mean cycle, error by horizon, ranks, people, losses."""
    from gaitcast.report.paper import write_figures
    from gaitcast.study import Workspace, read_run, results_table, summarise

    study, fits = read_run(results)
    workspace = Workspace(study, None, results)
    summary = summarise(results_table(workspace, fits))
    for path in write_figures(workspace, fits, summary, out or results / "figures", kind):
        typer.echo(str(path))


@commands.command()
def export(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    model: Annotated[str, typer.Option(help="Model of the fit.")],
    inputs: Annotated[str, typer.Option(help="Its inputs.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    signal: Annotated[
        str | None, typer.Option(help="Its chain of signal steps, if several.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Its split, if several.")] = None,
    fold: Annotated[str | None, typer.Option(help="Its fold, if several.")] = None,
    horizon_ms: Annotated[float | None, typer.Option(help="Its horizon, if several.")] = None,
    seed: Annotated[int | None, typer.Option(help="Its seed, if several.")] = None,
    all_people: Annotated[
        bool, typer.Option("--all-people", help="Fit it anew on all participants, for use.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Write one finished fit of a study as a bundle, or the same model fitted on all people."""
    from gaitcast.study import Workspace, pick_fits, read_run
    from gaitcast.study.export import export_all_people, export_bundle

    study, fits = read_run(results)
    wanted = {"model": model, "inputs": inputs, "steps": signal, "split": split, "fold": fold}
    if all_people:  # any fold names the model, inputs and steps
        del wanted["fold"]
    job, _ = pick_fits(fits, {**wanted, "horizon_ms": horizon_ms, "seed": seed})[0]
    if all_people:
        export_all_people(Workspace(study, data, results), fits, job, out)
        typer.echo(f"{out}: {job.model} {job.inputs} {job.steps}, fitted on all participants")
    else:
        export_bundle(Workspace(study, None, results), fits, job, out)
        typer.echo(f"{out}: {job.label}")


@commands.command()
def studies() -> None:
    """List the shipped studies."""
    from gaitcast.study import read_study, shipped_studies

    for name in shipped_studies():
        typer.echo(f"{name}: {read_study(name).title}")


@commands.command()
def models(
    inputs: Annotated[int, typer.Option(min=1, help="Input channels.")] = 12,
    history: Annotated[int, typer.Option(min=8, help="Samples of a window.")] = 200,
    horizon_ms: Annotated[float, typer.Option(min=1, help="Farthest step ahead.")] = 500.0,
    rate_hz: Annotated[float, typer.Option(min=1, max=100_000, help="Sampling rate.")] = 100.0,
    json: Annotated[bool, typer.Option(help="As JSON.")] = False,
) -> None:
    """List the models: what they can do and what they cost."""
    from gaitcast.cli.tables import print_models
    from gaitcast.models import list_models

    ahead = max(1, round(horizon_ms * rate_hz / 1000))
    rows = list_models(inputs, history, ahead, rate_hz)
    if json:
        import json as codec

        typer.echo(codec.dumps(rows, indent=1))
    else:
        print_models(rows)
