"""Studies looked at again: compared, audited, explained, their limbs coupled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gaitcast.cli.arguments import DataOption
from gaitcast.errors import GaitcastError

commands = typer.Typer()


@commands.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished studies.")],
    metric: Annotated[str, typer.Option(help="A metric of results.csv.")] = "mae",
) -> None:
    """Compare models of one or several studies, paired by person."""
    from gaitcast.cli.tables import print_comparison
    from gaitcast.evaluation.comparison import compare_models, errors_by_person, read_tables
    from gaitcast.evaluation.metrics import ideal

    ideal(metric)  # an unknown metric is an error before anything is read
    cells = errors_by_person(read_tables(runs), metric)
    if not cells:
        raise GaitcastError(f"no figures of '{metric}'", hint="Name a metric of results.csv")
    for cell in sorted(cells, key=lambda c: not (c.causal and c.leakage_free)):  # live ones first
        try:
            print_comparison(cell, compare_models(cells[cell], metric), metric)
        except GaitcastError as error:
            typer.echo(f"{cell.title}: {error}")


@commands.command()
def audit(
    study: Annotated[str | None, typer.Argument(help="Shipped study, or a TOML file.")] = None,
    paper: Annotated[
        str | None, typer.Option(help="A source's protocol, turned step by step.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to audit; default the exported.")] = None,
    inputs: Annotated[str | None, typer.Option(help="Its inputs.")] = None,
    signal: Annotated[str | None, typer.Option(help="Its chain of signal steps.")] = None,
    split: Annotated[str | None, typer.Option(help="Its split.")] = None,
    quick: Annotated[bool, typer.Option(help="One seed, fewer epochs and folds.")] = False,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Results; default runs/STUDY.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Fits side by side.")] = 2,
) -> None:
    """Look for leaks in a study's pipeline; measure the effect of published protocol choices."""
    from gaitcast.analysis.audit import (
        audit_cell,
        effects_of,
        paper_study,
        pick_cell,
        write_audit,
    )
    from gaitcast.cli.progress import Progress
    from gaitcast.cli.tables import print_audit, print_effects
    from gaitcast.study import Workspace, read_study, results_table, run_study

    if (study is None) == (paper is None):
        raise GaitcastError("nothing to audit", hint="Give either a study or --paper NAME")
    plan, data = read_study(study or paper_study(paper or "")).parts(data)[""]
    place = out or Path("runs") / (f"{plan.name}-quick" if quick else plan.name)
    workspace = Workspace(plan.quickened() if quick else plan, data, place)
    if paper is not None:
        with Progress() as progress:
            fits = run_study(workspace, workers=workers, announce=progress)
        print_effects(effects_of(results_table(workspace, fits), workspace.study))
        return
    wanted = {"model": model, "inputs": inputs, "steps": signal, "split": split}
    pipeline = pick_cell(workspace.study, wanted)
    with Progress() as progress:
        found = audit_cell(workspace, pipeline, workers=workers, announce=progress)
    print_audit(found, write_audit(place, [found]))


@commands.command()
def explain(
    results: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    model: Annotated[str, typer.Option(help="Model to explain, over all its folds and seeds.")],
    inputs: Annotated[str | None, typer.Option(help="Its inputs, if several.")] = None,
    signal: Annotated[
        str | None, typer.Option(help="Its chain of signal steps, if several.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Its split, if several.")] = None,
    horizon_ms: Annotated[float | None, typer.Option(help="Its horizon, if several.")] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Write integrated gradients as CSV.")] = None,
) -> None:
    """Show which channels and segments a model leans on: ablation, permutation, gradients."""
    from gaitcast.analysis.explain import explain_fits
    from gaitcast.atomic import write_text
    from gaitcast.cli.tables import print_explanation
    from gaitcast.study import Workspace, pick_fits, read_run

    study, fits = read_run(results)
    wanted = {"model": model, "inputs": inputs, "steps": signal, "split": split}
    chosen = pick_fits(fits, {**wanted, "horizon_ms": horizon_ms})
    found = explain_fits(Workspace(study, data, results), chosen)
    print_explanation(found)
    if out is not None:
        if found.gradients is None:
            raise GaitcastError(
                f"no gradients of '{model}'",
                hint="Choose a network; captum has to be installed (pip install --no-deps captum)",
            )
        write_text(out, found.gradients.to_csv())
        typer.echo(str(out))


@commands.command()
def synergy(
    study: Annotated[str, typer.Argument(help="Shipped study, or a TOML file.")],
    inputs: Annotated[str, typer.Option(help="Its inputs to choose from.")],
    target: Annotated[str | None, typer.Option(help="Channel; default the study's first.")] = None,
    horizon_ms: Annotated[
        float | None, typer.Option(help="How far ahead; default the farthest.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Rank the joints and limbs that help to forecast a joint, chosen and judged apart."""
    from gaitcast.analysis.coupling import limb_coupling
    from gaitcast.analysis.synergy import angles_to_couple, study_task
    from gaitcast.analysis.synergy import synergy as rank
    from gaitcast.cli.tables import print_synergy
    from gaitcast.study import read_study

    plan = read_study(study).on_data(data)
    cohort, task = study_task(plan, data, inputs, target, horizon_ms)
    coupled = angles_to_couple(task)
    print_synergy(rank(cohort, task), limb_coupling(cohort, coupled) if len(coupled) > 1 else None)
