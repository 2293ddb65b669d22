"""`gaitcast adapt`: a bundle and some seconds of its wearer in, their own bundle out."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console
from rich.table import Table

from gaitcast.analysis.gain import Gain, adapt_to_wearer
from gaitcast.channel import Channel
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.quality.warnings import find_warnings
from gaitcast.runtime import Bundle
from gaitcast.runtime.bundle import pipeline_hash


def adapt_bundle(
    bundle: Path,
    data: str,
    seconds: float,
    warn: Callable[[str], None],
    *,
    method: str | None = None,
    subject: str | None = None,
    mapping: Path | None = None,
    out: Path | None = None,
) -> None:
    """Adapt a bundle to its wearer, write the new one and show what was gained.

    Parameters
    ----------
    bundle : Path
        Folder of a bundle that carries its pipeline.
    data : str
        Recordings of the wearer: a file, a folder, or the name of a dataset.
    seconds : float
        Of them, to adapt to; the rest is tested on.
    warn : callable
        Gets each line about who the wearer is, and about units and sensors that look wrong.
    method : str, optional
        See :meth:`gaitcast.Pipeline.adapt`.
    subject : str, optional
        Who of the recordings' participants.
    mapping : Path, optional
        Of a table.
    out : Path, optional
        By default beside the bundle, its name with ``-adapted``.

    Raises
    ------
    GaitcastError
        If the bundle has no pipeline or another one's, the recordings do not fit it, `out` is the
        bundle itself, or another process is about to write it.
    """
    card, folder = Bundle.load(bundle).card, bundle.resolve()
    place = out or folder.with_name(f"{folder.name}-adapted")
    if place.resolve() == folder:
        raise GaitcastError(
            "would replace the bundle that is adapted", where=str(place), hint="Name another place"
        )
    if not (bundle / "pipeline").is_dir():
        raise GaitcastError(
            "carries no pipeline, which is what is adapted",
            where=str(bundle),
            hint="Export it again with this version, or copy its folder 'pipeline' too",
        )
    if card.pipeline_sha256 and pipeline_hash(bundle / "pipeline") != card.pipeline_sha256:
        raise GaitcastError(
            "its folder 'pipeline' is not the one its graph was made from",
            where=str(bundle),
            hint="Export it again, or copy the folder 'pipeline' of the same export",
        )
    if not card.pipeline_sha256:
        warn("an older bundle: whether its graph was made from its folder 'pipeline' is not known")
    if not seconds > 0:
        raise GaitcastError(f"--seconds is {seconds:g}", hint="Give more than 0")
    cohort = load(data) if mapping is None else load(data, mapping=mapping.resolve())
    if subject is not None:
        cohort = cohort.select([subject])
    pipeline = Pipeline.load(bundle / "pipeline")
    with _alone(place):
        adapted, gain = adapt_to_wearer(pipeline, cohort, seconds, method, warn)
        for recording in cohort:  # what is in another unit was learnt as it stands
            for line in find_warnings(recording.select([*card.channels, *pipeline.targets])):
                warn(f"recording '{recording.trial}': {line}")
        about = {k: v for k, v in card.study.items() if k != "scores"}
        if gain is not None:
            about["gain"] = {k: dict(getattr(gain, k)) for k in ("before", "after", "last_cycle")}
        adapted.export(place, study=about)
    _print(adapted, gain, seconds)
    Console().print(f"written: {place}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Raise if another process is about to write this bundle; SIGTERM tidies up as SIGINT does."""
    lock = place.with_name(f".{place.name}.lock")
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, blocking=False):
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    except Timeout as error:
        raise GaitcastError(
            "another process is adapting to this place",
            where=str(place),
            hint="Wait until it is done, or name another place",
        ) from error
    except OSError as error:
        raise GaitcastError(f"cannot write: {error.strerror}", where=str(place)) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(adapted: Pipeline, gain: Gain | None, seconds: float) -> None:
    console, origin = Console(), adapted.fitted.origin
    used_s, method = origin.adapted_by["seconds"], origin.adapted_by["method"]
    line = f"adapted to {used_s:.1f} s of {origin.adapted_to[-1]} by '{method}'"
    if gain is None:
        why = "all there is" if used_s < seconds - 1 else "no window is left after them"
        line += f": {why}, so nothing says what was gained"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
        return
    line += f"; mean absolute error on the {gain.tested_s:.1f} s after them:"
    console.print(line, highlight=False, markup=False, soft_wrap=True)
    table = Table(box=None)
    for name in ("target", "before", "after", "change", "last cycle"):
        table.add_column(name, justify="left" if name == "target" else "right", no_wrap=True)
    for target, before in gain.before.items():
        after, rule = gain.after[target], gain.last_cycle.get(target)
        table.add_row(
            f"{target}, {Channel.parse(target).unit}",
            f"{before:.3f}",
            f"{after:.3f}",
            f"{100 * (after / before - 1):+.0f} %",
            "-" if rule is None else f"{rule:.3f}",
        )
    console.print(table)
