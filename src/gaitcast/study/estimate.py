"""What a run will cost: fits, time and disk, from finished fits and from multiply-adds."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gaitcast.errors import GaitcastError
from gaitcast.models import spec
from gaitcast.study.jobs import Job
from gaitcast.study.planning import Plan
from gaitcast.study.store import fit_folder, read_fit
from gaitcast.study.workspace import Workspace

#: So many finished fits of a kind are looked at, and so many in all.
_OF_A_KIND, _IN_ALL = 3, 600
#: The sum over all that is left is made anew after so many seconds.
_PAUSE_S = 0.5
#: A step backwards costs twice a step forwards.
_PASSES = 3


def training_work(ready: Plan, multiply_adds: int | None) -> float | None:
    """Multiply-adds of a training that runs through all its epochs.

    Parameters
    ----------
    ready : Plan
    multiply_adds : int or None
        For one sample of a stateful model, one window of a windowed one.

    Returns
    -------
    float or None
        None of a model that is fitted in closed form.
    """
    known, chosen = spec(ready.entry.model), ready.pipeline.training_settings()
    if known.by_formula or multiply_adds is None:
        return None
    if known.stateful:
        rate_hz = ready.signature.rate_hz
        samples = chosen.batches * chosen.batch * chosen.segment_ms * rate_hz / 1000
    else:
        samples = sum(span.stop - span.start for span in ready.fold.train) / chosen.stride
    return _PASSES * float(multiply_adds) * chosen.max_epochs * samples


class Estimate:
    """What is left of a run; it learns from every fit that ends.

    Parameters
    ----------
    work : dict of Job to float or None
        Of all jobs, from :func:`training_work`.
    left : sequence of Job
        Those to run.
    workers : int
        Fits side by side; may be set later.
    each : str
        What a fit is stated to take of a machine, in words.
    """

    def __init__(
        self,
        work: Mapping[Job, float | None],
        left: Sequence[Job],
        workers: int = 1,
        each: str = "",
    ) -> None:
        self._work, self._left, self.workers, self.each = work, dict.fromkeys(left), workers, each
        self._seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
        self._bytes: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._took_mb: dict[tuple[str, ...], float] = {}
        self._known_s = self._known_work = 0.0
        self._changed_s = self._summed_s = -math.inf
        self._summed: float | None = None

    def read(self, workspace: Workspace, finished: Iterable[tuple[Job, str]]) -> None:
        """Learn from some finished fits of each kind."""
        looked: dict[tuple[str, ...], int] = defaultdict(int)
        for job, key in finished:
            looked[_kind(job)] += 1
            if looked[_kind(job)] > _OF_A_KIND or len(looked) > _IN_ALL / _OF_A_KIND:
                continue
            folder = fit_folder(workspace, key)
            try:
                content = read_fit(folder)
            except GaitcastError:
                continue  # named when its figures are read
            self._bytes[_kind(job)].append(sum(p.stat().st_size for p in folder.iterdir()))
            if took_mb := content.get("memory_mb"):
                kind = _like(job)
                self._took_mb[kind] = max(took_mb, self._took_mb.get(kind, 0.0))
            self._learn(job, float(content.get("took_s") or content.get("fit_s", 0.0)))

    def done(self, job: Job, took_s: float) -> None:
        """A job is done.

        Parameters
        ----------
        job : Job
        took_s : float
            Seconds; 0 if another process did it.
        """
        self._left.pop(job, None)
        if took_s:
            self._learn(job, took_s)
        self._changed_s = time.monotonic()

    def _learn(self, job: Job, took_s: float) -> None:
        self._seconds[_kind(job)].append(took_s)
        self._seconds[_like(job)].append(took_s)
        if work := self._work.get(job):
            self._known_s += took_s
            self._known_work += work

    def expected_s(self, job: Job) -> float | None:
        """Seconds that a fit takes: of the same kind, of the same model, or by multiply-adds."""
        for kind in (_kind(job), _like(job)):
            if seconds := self._seconds.get(kind):
                return sum(seconds) / len(seconds)
        work = self._work.get(job)
        return work * self._known_s / self._known_work if work and self._known_work else None

    def order(self, jobs: Sequence[Job], baselines: Mapping[Job, bool]) -> list[Job]:
        """Baselines first, then the longest first, so that none is left alone at the end."""
        return sorted(
            jobs,
            key=lambda job: (
                not baselines[job],
                -(self.expected_s(job) or 0.0),
                -(self._work.get(job) or 0.0),
            ),
        )

    @property
    def memory_mb(self) -> float | None:
        """Most that a fit like those to run took, MB; None if nothing is known of any."""
        return max((m for j in self._left if (m := self._took_mb.get(_like(j)))), default=None)

    @property
    def left_s(self) -> float | None:
        """Seconds until the last fit ends; None if some are of a kind never seen."""
        now = time.monotonic()
        stale = self._summed_s < self._changed_s or self._summed is None
        if stale and (now - self._summed_s > _PAUSE_S or not self._left):
            self._summed_s, self._summed = now, self._remaining_s()
        return None if self._summed is None else max(0.0, self._summed - (now - self._summed_s))

    def _remaining_s(self) -> float | None:
        known = [self.expected_s(job) for job in self._left]
        seconds = [s for s in known if s is not None]
        return self._side_by_side(seconds) if len(seconds) == len(known) else None

    def _side_by_side(self, seconds: Sequence[float]) -> float:
        return max([sum(seconds) / self.workers, *seconds], default=0.0)

    @property
    def line(self) -> str:
        """Fits, time and disk in words; what nothing is known of is called unknown."""
        kinds: dict[tuple[str, ...], list[Job]] = defaultdict(list)
        for job in self._left:
            kinds[_kind(job)].append(job)
        known = [s for job in self._left if (s := self.expected_s(job)) is not None]
        sizes = [
            len(jobs) * sum(found) / len(found)
            for kind, jobs in kinds.items()
            if (found := self._bytes.get(kind))
        ]
        sized = sum(len(jobs) for kind, jobs in kinds.items() if self._bytes.get(kind))
        count = len(self._left)
        took = _of(duration(self._side_by_side(known)), len(known), count)
        disk = _of(f"{sum(sizes) / 1e6:.3g} MB", sized, count)
        memory = f"memory about {self.memory_mb:,.0f} MB a fit" if self.memory_mb else ""
        each = f"each with {self.each}" if self.each else ""
        begin = f"{count} fits to run, {self.workers} side by side"
        return "; ".join(filter(None, (f"{begin}: time {took}", f"disk {disk}", memory, each)))


def duration(seconds: float) -> str:
    """Seconds in words, as coarse as an estimate is."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _of(text: str, known: int, count: int) -> str:
    if not known:
        return "unknown"
    return f"about {text}" if known == count else f"about {text} for {known} fits, others unknown"


def _kind(job: Job) -> tuple[str, ...]:
    return (*_like(job), job.split, f"{job.horizon_ms:g}")


def _like(job: Job) -> tuple[str, ...]:
    return (job.model, job.inputs, job.steps)
