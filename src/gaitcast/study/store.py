"""The store of fits: a folder that several processes, also on several machines, may share.

``KEY`` is a finished fit and ``KEY.failed.json`` one that could not be fitted. ``KEY.lock`` is held
by the process at work on it, and free as soon as that process ends, however it ends; no clock is
compared. ``KEY.work`` holds what a killed training resumes from.
"""

from __future__ import annotations

import json
import os
import shutil
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout

from gaitcast.atomic import write_text
from gaitcast.errors import CannotWriteError, GaitcastError
from gaitcast.study.jobs import Job
from gaitcast.study.workspace import Workspace

_NEEDED = {"job", "causal", "leakage_free", "naive", "needs", "delay_ms", "history"}


def fit_folder(workspace: Workspace, key: str) -> Path:
    """Where a finished fit lies.

    Parameters
    ----------
    workspace : Workspace
        The study.
    key : str
        Content hash.

    Returns
    -------
    Path
        Exists once the fit is finished.
    """
    return workspace.out / "fits" / key


def stored(workspace: Workspace) -> set[str]:
    """Names of all that lies in the store, from one look at the folder."""
    with suppress(FileNotFoundError), os.scandir(workspace.out / "fits") as entries:
        return {entry.name for entry in entries}
    return set()


def sweep(workspace: Workspace) -> None:
    """Remove what processes left half-written when they were killed."""
    for name in stored(workspace):
        if name.startswith("."):  # .KEY.HOST.PROCESS
            folder = fit_folder(workspace, name.split(".")[1])
            with claimed(folder) as free:
                if free:
                    shutil.rmtree(folder.with_name(name), ignore_errors=True)


@contextmanager
def claimed(folder: str | Path) -> Iterator[bool]:
    """Claim a fit for this process while a block runs.

    Parameters
    ----------
    folder : str or Path
        From :func:`fit_folder`.

    Yields
    ------
    bool
        False if another process is at work on it.

    Raises
    ------
    CannotWriteError
        If the store cannot be written.
    """
    lock = FileLock(Path(folder).with_suffix(".lock"), blocking=False)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise CannotWriteError(f"cannot write: {error.strerror}", where=str(folder)) from error
    try:
        yield True
    finally:
        # While it is held: one who waits for a name that is gone begins anew.
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()


@contextmanager
def writing(workspace: Workspace) -> Iterator[None]:
    """Write results while no other process that shared the work writes them."""
    lock = FileLock(workspace.out / "results.lock")
    with lock:
        try:
            yield
        finally:
            with suppress(OSError):
                Path(lock.lock_file).unlink()


@dataclass(frozen=True)
class Failure:
    """A job that could not be fitted.

    Parameters
    ----------
    job : Job
    key : str
        Content hash of the fit.
    error : str
        One line.
    traits : dict
        ``causal``, ``leakage_free``, ``needs``, ``delay_ms`` and ``naive``, as of a fit.
    trace : str
        Where in the code, for those who look for the cause.
    attempt : str
        Differs between two attempts at the same job.
    """

    job: Job
    key: str
    error: str
    traits: Mapping[str, Any]
    trace: str = ""
    attempt: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def of(cls, job: Job, key: str, error: Exception, traits: Mapping[str, Any]) -> Failure:
        """The failure that an exception stands for."""
        text = " ".join(str(error).split())
        if not isinstance(error, GaitcastError):
            text = f"unexpected {type(error).__name__}: {text[:300]}"
        return cls(job, key, text, traits, "".join(traceback.format_exception(error)))

    @property
    def line(self) -> str:
        """Job and error in one line."""
        return f"{self.job.label}: {self.error}"

    def keep(self, workspace: Workspace) -> None:
        """Write it into the store, for other processes and later runs."""
        write_text(_failure_file(workspace, self.key), json.dumps(asdict(self), indent=1))


def read_failure(workspace: Workspace, key: str) -> Failure | None:
    """The last failure of a fit; None if there was none, or its file is damaged."""
    try:
        content = json.loads(_failure_file(workspace, key).read_text(encoding="utf-8"))
        return Failure(**{**content, "job": Job(**content["job"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_failure(workspace: Workspace, key: str) -> None:
    """A fit that failed is finished now."""
    _failure_file(workspace, key).unlink(missing_ok=True)


def past_attempts(workspace: Workspace, keys: Iterable[str]) -> frozenset[str]:
    """Attempts that failed before now, which a run tries again once.

    Parameters
    ----------
    workspace : Workspace
    keys : iterable of str
        Of the jobs.

    Returns
    -------
    frozenset of str
        :attr:`Failure.attempt` of each.
    """
    there = stored(workspace)
    known = (read_failure(workspace, key) for key in keys if f"{key}.failed.json" in there)
    return frozenset(failure.attempt for failure in known if failure)


def _failure_file(workspace: Workspace, key: str) -> Path:
    return workspace.out / "fits" / f"{key}.failed.json"


def read_fit(folder: str | Path) -> dict:
    """Metadata and scores of a finished fit.

    Parameters
    ----------
    folder : str or Path
        From :func:`fit_folder`.

    Returns
    -------
    dict
        Content of ``fit.json``.

    Raises
    ------
    GaitcastError
        If it cannot be read.
    """
    folder = Path(folder)
    try:
        metadata = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
        scores = [of["mae"] for person in metadata["scores"].values() for of in person.values()]
        if not np.isfinite(scores).all():
            raise ValueError("a score is not a number")
        if missing := _NEEDED - metadata.keys():
            raise KeyError(*missing)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder) from error
    return metadata


def read_arrays(path: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays of a finished fit.

    Parameters
    ----------
    path : str or Path
        ``errors.npz`` or ``trace.npz`` in the folder of a fit.
    names : sequence of str
        What it has to hold.

    Returns
    -------
    dict of str to numpy.ndarray
        By name.

    Raises
    ------
    GaitcastError
        If it cannot be read.
    """
    path = Path(path)
    try:
        # Opened here, since numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return {name: kept[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise _damaged(path.parent) from error


def _damaged(folder: Path) -> GaitcastError:
    return GaitcastError(
        "this finished fit is damaged", where=str(folder), hint="Delete the folder and run again"
    )
