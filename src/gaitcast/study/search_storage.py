"""Where the trials of a search are kept: a journal file, or PostgreSQL; workers that died show."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._base import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, TrialState

from gaitcast.errors import GaitcastError, MissingError

#: A worker reports this often that it is at work, s.
BEAT_S = 20
#: A trial whose worker was silent for so long is another worker's, s.
SILENT_S = 90
#: A trial is begun anew so often; one that ends its process each time then stays failed.
REPEATS = 2
_BEAT = "beat"


def repeat(study: optuna.Study, trial: FrozenTrial) -> None:
    """Put a trial that was not finished back in the queue, with what it had drawn.

    Parameters
    ----------
    study : optuna.Study
        Of the trial.
    trial : optuna.trial.FrozenTrial
        Failed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback(max_retry=REPEATS)(study, trial)


class BeatingJournal(JournalStorage, BaseHeartbeat):
    """A journal file in which running trials report that they are at work.

    A worker counts as dead when its trial's count stood still for `silent_s` on the clock of the
    process that looks, so clocks of several machines need not agree.

    Parameters
    ----------
    path : str or Path
        Made if it does not exist; a last line that a full disk or a killed process cut short is
        taken off.
    beat_s, silent_s : int
        Seconds between reports, and until a silent trial is another worker's.
    """

    def __init__(self, path: str | Path, beat_s: int = BEAT_S, silent_s: int = SILENT_S) -> None:
        self._beat_s, self._silent_s = beat_s, silent_s
        self._seen: dict[int, tuple[int, float]] = {}
        place = Path(path).resolve()  # a lock by a relative name is never given up
        links = hasattr(Path, "symlink_to") and not _is_windows()
        lock = (JournalFileSymlinkLock if links else JournalFileOpenLock)(str(place))
        if place.exists():
            lock.acquire()
            try:
                _cut_to_whole_lines(place)
            finally:
                lock.release()
        super().__init__(JournalFileBackend(str(place), lock_obj=lock))

    def record_heartbeat(self, trial_id: int) -> None:
        """Count one up."""
        beat = self.get_trial(trial_id).user_attrs.get(_BEAT, 0)
        try:
            self.set_trial_user_attr(trial_id, _BEAT, beat + 1)
        except optuna.exceptions.UpdateFinishedTrialError:
            return  # it was taken for dead

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        now, stale = time.monotonic(), []
        for trial in self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,)):
            number, beat = trial._trial_id, trial.user_attrs.get(_BEAT, 0)
            last, since = self._seen.get(number, (-1, now))
            if beat != last:
                self._seen[number] = (beat, now)
            elif now - since > self._silent_s:
                stale.append(number)
        return stale

    def get_heartbeat_interval(self) -> int:
        """Seconds between reports."""
        return self._beat_s

    def get_heartbeat_stale_trial_callback(
        self,
    ) -> Callable[[optuna.Study, FrozenTrial], None]:
        """What becomes of a trial whose worker died."""
        return repeat


def _is_windows() -> bool:
    import os

    return os.name == "nt"


def _cut_to_whole_lines(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def open_storage(
    path: str | Path, address: str = "", *, beat_s: int = BEAT_S, silent_s: int = SILENT_S
) -> BaseStorage:
    """Open the storage of searches.

    Parameters
    ----------
    path : str or Path
        Of the journal file.
    address : str
        ``postgresql://USER@HOST/DATABASE`` instead; psycopg reads a password from ``PGPASSWORD`` or
        ``~/.pgpass``.
    beat_s, silent_s : int
        Seconds between reports of a worker, and until a silent trial is another worker's.

    Returns
    -------
    optuna.storages.BaseStorage

    Raises
    ------
    GaitcastError
        If the file or the server cannot be reached, or the address is of another kind.
    """
    if not address:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            return BeatingJournal(path, beat_s, silent_s)
        except OSError as error:
            raise GaitcastError(f"cannot write: {error.strerror}", where=str(path)) from error
        except ValueError as error:
            raise GaitcastError(
                "this journal of trials is damaged",
                where=str(path),
                hint="Delete it, or name another folder of results",
            ) from error
    kind, separator, rest = address.partition("://")
    if not separator or kind not in ("postgresql", "postgres"):
        raise GaitcastError(
            "no address of a PostgreSQL server",
            where="--storage",
            hint="Give postgresql://USER@HOST/DATABASE, or leave it out for a file",
        )
    return _server(f"postgresql+psycopg://{rest}", beat_s, silent_s)


def close_storage(storage: BaseStorage) -> None:
    """Give back the connections to a server.

    Parameters
    ----------
    storage : optuna.storages.BaseStorage
        From :func:`open_storage`; it can be used no more.
    """
    if isinstance(storage, RDBStorage):
        storage.remove_session()
        storage.engine.dispose()


def _server(url: str, beat_s: int, silent_s: int) -> BaseStorage:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingError(
            "PostgreSQL needs psycopg", hint="Run: pip install 'gaitcast[tune]'"
        ) from error
    place = url.rpartition("@")[2]  # a password is shown nowhere
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return RDBStorage(
                url,
                engine_kwargs={"pool_pre_ping": True},
                heartbeat_interval=beat_s,
                grace_period=silent_s,
                heartbeat_stale_trial_callback=repeat,
            )
    except SQLAlchemyError as error:
        raise GaitcastError(
            "the server of the search cannot be reached",
            where=place,
            hint="Is it running, and is its database there? createdb NAME makes one",
        ) from error
