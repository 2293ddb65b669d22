"""Progress on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich import progress as rich_progress
from rich.console import Console
from rich.markup import escape
from rich.text import Text

if TYPE_CHECKING:
    from gaitcast.study.estimate import Estimate
    from gaitcast.study.store import Failure

_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}


def print_failures(failures: Sequence[Failure], folder: Path) -> None:
    """Print on standard error which jobs could not be fitted, and why.

    Parameters
    ----------
    failures : sequence of Failure
        Nothing is printed where there is none.
    folder : Path
        Of the results.
    """
    console = Console(stderr=True)
    for failure in failures:
        console.print(f"not fitted: {failure.line}", **_PLAIN)
    if failures:
        console.print(
            f"{len(failures)} fits failed; run the study again to try only these once more. "
            f"Where each stopped: {folder}/fits/*.failed.json",
            **_PLAIN,
        )


class _Bar:
    """Progress on standard error while a block runs."""

    _bar: rich_progress.Progress

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.stop()


class _Left(rich_progress.TimeRemainingColumn):
    """Time left by what the fits cost; by how many there are only where that is not estimated."""

    estimate: Estimate | None = None

    def render(self, task: rich_progress.Task) -> Text:
        if self.estimate is None:
            return super().render(task)
        left_s = self.estimate.left_s
        return Text("unknown" if left_s is None else str(timedelta(seconds=round(left_s))))


class Progress(_Bar):
    """A bar with the time left; call it after each finished fit.

    Parameters
    ----------
    what : str
        Behind the numbers.
    """

    def __init__(self, what: str = "fits") -> None:
        self._left = _Left()
        self._bar = rich_progress.Progress(
            rich_progress.MofNCompleteColumn(),
            rich_progress.TextColumn(what),
            rich_progress.BarColumn(),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TextColumn("left"),
            self._left,
            rich_progress.TextColumn("{task.description}"),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("", total=None, visible=False)

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show that a fit is finished.

        Parameters
        ----------
        label : str
            Of the fit.
        done, total : int
            Fits.
        """
        self._bar.update(self._task, completed=done, total=total, description=label, visible=True)

    def expect(self, estimate: Estimate) -> None:
        """Print what a run will cost, and show what is left of it.

        Parameters
        ----------
        estimate : Estimate
            Of the run; it learns as fits end.
        """
        self._left.estimate = estimate
        self.warn(estimate.line)
        self._bar.update(self._task, visible=True)

    def warn(self, line: str) -> None:
        """Print a line above the bar.

        Parameters
        ----------
        line : str
            What was left out, and why.
        """
        self._bar.console.print(line, **_PLAIN)


class DownloadProgress(_Bar):
    """A bar per file with speed and time left; call it with name, bytes there, bytes in all."""

    def __init__(self) -> None:
        self._bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.DownloadColumn(),
            rich_progress.TransferSpeedColumn(),
            rich_progress.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, rich_progress.TaskID] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        """Show how far a file is.

        Parameters
        ----------
        name : str
            Of the file.
        done, total : int
            Bytes; a total of 0 is unknown.
        """
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(escape(name), total=None)
        self._bar.update(self._tasks[name], completed=done, total=total or None)
