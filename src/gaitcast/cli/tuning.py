"""Search for the options of a study's models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gaitcast.cli.arguments import DataOption

commands = typer.Typer()


@commands.command()
def tune(
    study: Annotated[str, typer.Argument(help="Name of a shipped study, or a TOML file.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="Which entry; default those with a tune table; may be given often."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="One split; default all.")] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials in each fold beside the default.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.0, help="No trial begins later; the best so far counts.")
    ] = None,
    inner: Annotated[
        int | None, typer.Option(min=1, help="Groups of training people held out in turn.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Weigh the error against multiply-adds, or latency.")
    ] = None,
    storage: Annotated[
        str,
        typer.Option(
            envvar="GAITCAST_TUNING", help="postgresql://USER@HOST/DATABASE; default a file in OUT."
        ),
    ] = "",
    quick: Annotated[bool, typer.Option(help="Fewer epochs and folds.")] = False,
    part: Annotated[str | None, typer.Option(help="One variant of a study.")] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Results; default runs/STUDY-tuning.")] = None,
) -> None:
    """Search for options inside each fold's training part, then score them on held-out people.

    Start the same command in several processes, on one folder or one server, to share the work;
    start it again to go on.
    """
    from gaitcast.cli.progress import Progress
    from gaitcast.report.search_page import write_search_page
    from gaitcast.study import Workspace, read_study
    from gaitcast.study.files import choose_part
    from gaitcast.study.search import JOURNAL
    from gaitcast.study.search_storage import close_storage, open_storage
    from gaitcast.study.tuned_study import tune_study, tuning_study

    parts = read_study(study).parts(data)
    plan, folder = next(iter(choose_part(parts, part).values()))
    plan = plan.quickened() if quick else plan
    # Hours alone leave the number of trials open.
    places = trials or (10**6 if hours is not None else None)
    tuned = tuning_study(
        plan, model or (), split=split, trials=trials, inner=inner, against=against
    )
    workspace = Workspace(tuned, folder, out or Path("runs") / tuned.name)
    workspace.cohort("uniform")
    opened = open_storage(workspace.out / JOURNAL, storage)
    try:
        with Progress("done") as progress:
            tuning = tune_study(workspace, opened, trials=places, hours=hours, announce=progress)
    finally:
        close_storage(opened)
    write_search_page(workspace, tuning)
    for line in [*tuning.lines, str(workspace.out / "tuning.html")]:
        typer.echo(line)
