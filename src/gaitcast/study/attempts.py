"""One attempt at a job: claimed, fitted and kept, or put down as failed."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from gaitcast.errors import CannotWriteError, GaitcastError
from gaitcast.study.fits import run_plan, traits_of
from gaitcast.study.jobs import Job
from gaitcast.study.planning import plan
from gaitcast.study.store import Failure, claimed, fit_folder, forget_failure, read_failure
from gaitcast.study.workspace import Workspace

#: Another fit could not be kept either, so these end a run.
_OF_THE_STORE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}
#: Seeds and threads of torch belong to the process: threads of one process fit one after the other.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Parameters
    ----------
    job : Job
    key : str
        Content hash of the fit.
    state : str
        ``finished``, ``failed``, or ``busy`` while another process is at work on it.
    failure : Failure, optional
        Of a job that failed.
    took_s : float
        Seconds of the fit; 0 if it was there already.
    """

    job: Job
    key: str
    state: Literal["finished", "failed", "busy"]
    failure: Failure | None = None
    took_s: float = 0.0


def attempt(
    workspace: Workspace, job: Job, key: str, past: frozenset[str], *, progress: bool = False
) -> Outcome:
    """Fit a job unless it is done, or another process is at work on it.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    job : Job
    key : str
        Content hash of its fit.
    past : frozenset of str
        Failed attempts from before this run: they are made again, those of other processes that
        share the work are not.
    progress : bool
        Show the training's own progress bar.

    Returns
    -------
    Outcome

    Raises
    ------
    CannotWriteError
        If the store cannot be written: no other fit could be kept either.
    """
    folder = fit_folder(workspace, key)
    with _ONE_AT_A_TIME, claimed(folder) as mine:
        if folder.exists():
            return Outcome(job, key, "finished")
        if not mine:
            return Outcome(job, key, "busy")
        known = read_failure(workspace, key)
        if known is not None and known.attempt not in past:
            return Outcome(job, key, "failed", known)
        begun, ready = time.perf_counter(), plan(workspace, job)
        try:
            if ready.key != key:
                raise GaitcastError(
                    "this worker has another version of gaitcast, or other recordings",
                    hint="Install the same version and constraints on all machines",
                )
            run_plan(workspace, ready, progress=progress)
        except Exception as error:
            if isinstance(error, CannotWriteError):
                raise
            if isinstance(error, OSError) and error.errno in _OF_THE_STORE:
                where = str(error.filename or workspace.out)
                raise CannotWriteError(f"cannot write: {error.strerror}", where=where) from error
            failure = Failure.of(job, key, error, traits_of(ready))
            failure.keep(workspace)
            return Outcome(job, key, "failed", failure, time.perf_counter() - begun)
        forget_failure(workspace, key)
    return Outcome(job, key, "finished", took_s=time.perf_counter() - begun)
