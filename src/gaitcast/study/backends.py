"""Where attempts run: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NoReturn, Protocol

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.study.attempts import Outcome, attempt
from gaitcast.study.jobs import Job
from gaitcast.study.resources import Places
from gaitcast.study.workspace import Asked, Workspace, hold, hold_too, let_go

#: A fit whose process was killed so often is not tried again.
DEATHS = 3
#: A scheduler that is gone for so long does not come back.
_SILENT_S = 10
#: So long a scheduler's first worker is waited for.
_FIRST_WORKER_S = 600


class WorkerDiedError(Exception):
    """Processes at work on fits were killed; what they had finished is kept.

    Parameters
    ----------
    deaths : int
        How often the same fit.
    """

    def __init__(self, deaths: int) -> None:
        super().__init__()
        self.deaths = deaths


class Backend(Protocol):
    """Runs attempts side by side."""

    @property
    def workers(self) -> int:
        """Fits side by side."""
        ...

    def run(
        self, jobs: Sequence[Job], keys: Mapping[Job, str], past: frozenset[str]
    ) -> Iterator[Outcome]:
        """Outcomes as they come; see :func:`gaitcast.study.attempts.attempt`."""
        ...


@dataclass(frozen=True)
class Processes:
    """Processes of this machine, by joblib's loky; one worker is this process itself."""

    workspace: Workspace
    workers: int

    def run(
        self, jobs: Sequence[Job], keys: Mapping[Job, str], past: frozenset[str]
    ) -> Iterator[Outcome]:
        """Outcomes as they come."""
        each, alone = self.workspace.study.resources, self.workers == 1
        gpus = () if alone else each.places[: self.workers]
        threads = each.threads
        # loky starts a process anew whose memory has grown, which costs no job.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        with (
            TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            joblib.parallel_config("loky", inner_max_num_threads=threads)
            if threads
            else nullcontext(),
        ):
            parallel = joblib.Parallel(
                n_jobs=self.workers,
                return_as="generator_unordered",
                batch_size=1,
                initializer=_begin,
                initargs=(self.workspace.held(), Places(folder, gpus) if gpus else None),
            )
            try:
                yield from parallel(
                    joblib.delayed(attempt)(self.workspace, job, keys[job], past, progress=alone)
                    for job in jobs
                )
            except TerminatedWorkerError as error:
                raise WorkerDiedError(1) from error


def _begin(cohorts: Mapping[Asked, Cohort], places: Places | None) -> None:
    """What a worker process begins with."""
    hold(cohorts)
    if places is not None:
        places.take()


@dataclass(frozen=True)
class Cluster:
    """Workers of a Dask scheduler, by joblib's own backend for it."""

    workspace: Workspace
    client: Any
    address: str

    @property
    def workers(self) -> int:
        """Fits side by side: one for each process, since seeds belong to the process."""
        return max(1, len(self._suitable()))

    def _suitable(self) -> list[str]:
        """Addresses of the workers that offer what a fit takes."""
        each = self.workspace.study.resources.of_dask
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        return [
            address
            for address, about in workers.items()
            if all(about.get("resources", {}).get(kind, 0.0) >= n for kind, n in each.items())
        ]

    def check(self) -> None:
        """Raise if no worker offers what a fit takes: Dask would wait for one for ever."""
        each = " ".join(f"{k}={n:g}" for k, n in self.workspace.study.resources.of_dask.items())
        if not self._suitable():
            raise GaitcastError(
                f"no worker offers what one fit takes: {each}",
                where=self.address,
                hint=f"Start workers with --resources '{each}', or more",
            )

    def run(
        self, jobs: Sequence[Job], keys: Mapping[Job, str], past: frozenset[str]
    ) -> Iterator[Outcome]:
        """Outcomes as they come; Dask gives what a dead worker had to another one."""
        # In a thread, since joblib waits for ever for what a lost scheduler had.
        results: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()

        def follow() -> None:
            try:
                for outcome in self._attempts(jobs, keys, past):
                    results.put(outcome)
                results.put(None)
            except BaseException as error:
                results.put(error)

        Thread(target=follow, daemon=True).start()
        silent_s = 0
        while True:
            try:
                found = results.get(timeout=1)
            except Empty:
                silent_s = 0 if self.client.status == "running" else silent_s + 1
                if silent_s > _SILENT_S:
                    raise _lost(self.address) from None
                continue
            if found is None:
                return
            if isinstance(found, BaseException):
                self._refuse(found)
            else:
                yield found

    def _attempts(
        self, jobs: Sequence[Job], keys: Mapping[Job, str], past: frozenset[str]
    ) -> Iterator[Outcome]:
        each = self.workspace.study.resources.of_dask
        taken = {"resources": each} if each else {}
        with joblib.parallel_config("dask", client=self.client, **taken):
            # All at once, so that workers that join later find work.
            parallel = joblib.Parallel(
                return_as="generator_unordered", batch_size=1, pre_dispatch="all"
            )
            yield from parallel(
                joblib.delayed(attempt)(self.workspace, job, keys[job], past) for job in jobs
            )

    def _refuse(self, error: BaseException) -> NoReturn:
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):  # Dask had given it to other workers before
            raise WorkerDiedError(DEATHS) from error
        if isinstance(error, GaitcastError) or self.client.status == "running":
            raise error
        raise _lost(self.address) from error


def _lost(address: str) -> GaitcastError:
    return GaitcastError(
        "the scheduler is gone",
        where=address,
        hint="Finished fits are kept: start it again and run the same command",
    )


@contextmanager
def cluster(workspace: Workspace, address: str) -> Iterator[Cluster]:
    """Use a Dask cluster while a block runs.

    Parameters
    ----------
    workspace : Workspace
        Its folder of results is the same on all machines; its recordings are sent to the workers.
    address : str
        Of the scheduler, such as ``tcp://node1:8786``.

    Yields
    ------
    Cluster

    Raises
    ------
    GaitcastError
        If Dask is not installed or no scheduler answers.
    """
    try:
        from distributed import Client, WorkerPlugin
    except ModuleNotFoundError as error:
        raise GaitcastError(
            "Dask is not installed", hint="Run: pip install 'gaitcast[cluster]'"
        ) from error

    shared = replace(workspace, out=workspace.out.resolve())
    held = shared.held()

    class Held(WorkerPlugin):
        def setup(self, worker: Any) -> None:  # noqa: ARG002
            hold_too(held)

        def teardown(self, worker: Any) -> None:  # noqa: ARG002
            let_go(held)

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout="15s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise GaitcastError(
            "no Dask scheduler answers", where=address, hint="Start it with 'dask scheduler'"
        ) from error
    name = f"gaitcast-{shared.stamp[:20]}"
    try:
        client.register_plugin(Held(), name=name)
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
        except TimeoutError as error:
            raise GaitcastError(
                "the scheduler has no worker", where=address, hint="Start 'dask worker'"
            ) from error
        made = Cluster(shared, client, address)
        made.check()
        yield made
        if client.status == "running":
            client.unregister_worker_plugin(name)
    finally:
        client.close(timeout=5)
