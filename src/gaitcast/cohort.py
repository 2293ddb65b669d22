"""The ground noun above recordings: a `Cohort`, the trials of several people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, overload

from gaitcast.errors import GaitcastError, nearest
from gaitcast.recording import Recording

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RecordingInfo:
    """What is known of a recording without its samples.

    Parameters
    ----------
    subject, trial : str
        Who and which.
    rate_hz, duration_s : float
        Nominal rate, and seconds from the first to the last sample.
    segments, samples : int
        Continuous spans, and samples in all of them.
    channels : tuple of str
        Names.
    covariates : dict of str to float or str
        Of the trial.
    identified_by : str
        How the participant was recognised; see :class:`gaitcast.Recording`.
    raw_hz : float, optional
        Rate before it was brought onto a uniform clock.
    """

    subject: str
    trial: str
    rate_hz: float
    duration_s: float
    segments: int
    samples: int
    channels: tuple[str, ...]
    covariates: Mapping[str, float | str] = field(default_factory=dict)
    identified_by: str = ""
    raw_hz: float | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of its samples in memory."""
        return 8 * self.samples * len(self.channels)

    @classmethod
    def of(cls, recording: Recording) -> RecordingInfo:
        """RecordingInfo of a recording at hand.

        Parameters
        ----------
        recording : Recording
            In memory.

        Returns
        -------
        RecordingInfo
            Without its samples.
        """
        return cls(
            recording.subject,
            recording.trial,
            recording.rate_hz,
            recording.duration_s,
            len(recording.segments()),
            len(recording),
            recording.channels,
            recording.covariates,
            recording.identified_by,
            recording.raw_hz,
        )


#: A cohort of up to so many bytes of samples is held in memory once it was changed.
HELD_BYTES = 1 << 30


class OnDemand(Sequence[Recording]):
    """Recordings that are read each time they are asked for, so that none stays in memory.

    Parameters
    ----------
    read : callable
        Trial name -> Recording.
    infos : sequence of RecordingInfo
        One per recording, in order.
    """

    def __init__(self, read: Callable[[str], Recording], infos: Sequence[RecordingInfo]) -> None:
        self.read = read
        self.infos = tuple(infos)

    def __len__(self) -> int:
        return len(self.infos)

    def __iter__(self) -> Iterator[Recording]:
        # Not by index: an IndexError out of a damaged file would end the cohort early.
        return (self.read(info.trial) for info in self.infos)

    @overload
    def __getitem__(self, index: int) -> Recording: ...
    @overload
    def __getitem__(self, index: slice) -> OnDemand: ...
    def __getitem__(self, index: int | slice) -> Recording | OnDemand:
        if isinstance(index, slice):
            return OnDemand(self.read, self.infos[index])
        return self.read(self.infos[index].trial)

    def changed(self, change: Callable[[Recording], Recording]) -> tuple[Recording, ...] | OnDemand:
        """Each recording changed when it is read; all are read once, to know what becomes of them.

        Parameters
        ----------
        change : callable
            Recording -> Recording, with the trial's name.

        Returns
        -------
        tuple of Recording, or OnDemand
            Few enough for :data:`HELD_BYTES` are kept.
        """
        if sum(info.nbytes for info in self.infos) <= HELD_BYTES:
            return tuple(map(change, self))
        infos = [RecordingInfo.of(change(recording)) for recording in self]
        return OnDemand(partial(_read_changed, self.read, change), infos)


def _read_changed(
    read: Callable[[str], Recording], change: Callable[[Recording], Recording], trial: str
) -> Recording:
    return change(read(trial))


@dataclass(frozen=True, eq=False)
class Cohort:
    """Recordings of several people plus the subject table.

    Parameters
    ----------
    name : str
        Of the dataset.
    recordings : tuple of Recording, or OnDemand
        Trials, each with a unique name.
    subjects : dict of str to dict
        Covariates of each participant (``mass_kg``, ``height_m`` ...), as far as they are known.
    notes : tuple of str
        What the loader left out or assumed.
    identity_warnings : tuple of str
        Why it is not certain who a participant is. Splits between people refuse such a cohort until
        :meth:`confirm_participants` is called, or a study says ``participants = "confirmed"``.

    Raises
    ------
    GaitcastError
        If empty, or a trial name stands twice.
    """

    name: str
    recordings: tuple[Recording, ...] | OnDemand
    subjects: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    identity_warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.recordings:
            raise GaitcastError("a cohort needs at least one recording", where=self.name)
        trials = [info.trial for info in self.infos]
        twice = sorted(trial for trial, count in Counter(trials).items() if count > 1)
        if twice:
            raise GaitcastError(f"trial names stand twice: {', '.join(twice)}", where=self.name)

    def __iter__(self) -> Iterator[Recording]:
        return iter(self.recordings)

    def __len__(self) -> int:
        return len(self.recordings)

    def __getitem__(self, trial: str) -> Recording:
        return self.recordings[self._place(trial)]

    def info(self, trial: str) -> RecordingInfo:
        """What is known of one recording, without reading its samples.

        Parameters
        ----------
        trial : str
            Its name.

        Returns
        -------
        RecordingInfo
            From the index.

        Raises
        ------
        GaitcastError
            If there is no such trial.
        """
        return self.infos[self._place(trial)]

    def _place(self, trial: str) -> int:
        if trial not in self._places:
            raise GaitcastError(
                f"no trial '{trial}'",
                where=f"cohort '{self.name}'",
                hint=nearest(trial, [*self._places]),
            )
        return self._places[trial]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {info.trial: index for index, info in enumerate(self.infos)}

    @cached_property
    def infos(self) -> tuple[RecordingInfo, ...]:
        """What is known of every recording, without reading any samples."""
        if isinstance(self.recordings, OnDemand):
            return self.recordings.infos
        return tuple(RecordingInfo.of(recording) for recording in self.recordings)

    @property
    def people(self) -> tuple[str, ...]:
        """Subject names in order of first appearance."""
        return tuple(dict.fromkeys(info.subject for info in self.infos))

    def select(self, subjects: Sequence[str]) -> Cohort:
        """Only the recordings of some people.

        Parameters
        ----------
        subjects : sequence of str
            Names.

        Returns
        -------
        Cohort
            Sharing the recordings; what is read on demand stays so.

        Raises
        ------
        GaitcastError
            If a name is unknown.
        """
        for subject in subjects:
            if subject not in self.people:
                raise GaitcastError(
                    f"no subject '{subject}'",
                    where=f"cohort '{self.name}'",
                    hint=nearest(subject, list(self.people)),
                )
        chosen: tuple[Recording, ...] | OnDemand
        if isinstance(self.recordings, OnDemand):
            infos = [h for h in self.infos if h.subject in subjects]
            chosen = OnDemand(self.recordings.read, infos)
        else:
            chosen = tuple(r for r in self.recordings if r.subject in subjects)
        return replace(self, recordings=chosen)

    def confirm_participants(self) -> Cohort:
        """The same recordings, their participants confirmed by someone who knows them.

        Returns
        -------
        Cohort
            Without :attr:`identity_warnings`.
        """
        return replace(self, identity_warnings=())

    def without(self, *subjects: str) -> Cohort:
        """All recordings but those of some participants.

        Parameters
        ----------
        *subjects : str
            Names.

        Returns
        -------
        Cohort
            Sharing the recordings.

        Raises
        ------
        GaitcastError
            If a name is unknown, or no recording is left.
        """
        self.select(subjects)
        return self.select([person for person in self.people if person not in subjects])

    def index(self) -> pd.DataFrame:
        """One row per recording: subject, trial, rate, duration, covariates of trial and subject.

        Returns
        -------
        pandas.DataFrame
            The index you filter on.
        """
        import pandas as pd

        rows = [
            {
                "subject": r.subject,
                "trial": r.trial,
                "rate_hz": r.rate_hz,
                "duration_s": r.duration_s,
                "segments": r.segments,
                "channels": len(r.channels),
                **r.covariates,
                **self.subjects.get(r.subject, {}),
            }
            for r in self.infos
        ]
        return pd.DataFrame(rows)


def change_recordings(cohort: Cohort, change: Callable[[Recording], Recording]) -> Cohort:
    """Every recording changed.

    Parameters
    ----------
    cohort : Cohort
    change : callable
        Recording -> Recording, with the trial's name.

    Returns
    -------
    Cohort
        What is read on demand is changed when it is read, unless it is small enough to keep.
    """
    if isinstance(cohort.recordings, OnDemand):
        return replace(cohort, recordings=cohort.recordings.changed(change))
    return replace(cohort, recordings=tuple(map(change, cohort.recordings)))


def join_cohorts(one: Cohort, other: Cohort) -> Cohort:
    """Recordings of two cohorts.

    Parameters
    ----------
    one, other : Cohort
        Of different trials.

    Returns
    -------
    Cohort
        With the name of the first, and what that knows of a participant of both; read on demand if
        one of them is.
    """
    recordings: tuple[Recording, ...] | OnDemand
    if isinstance(one.recordings, tuple) and isinstance(other.recordings, tuple):
        recordings = (*one, *other)
    else:
        recordings = OnDemand(partial(_read_either, one, other), (*one.infos, *other.infos))
    return Cohort(one.name, recordings, {**other.subjects, **one.subjects})


def _read_either(one: Cohort, other: Cohort, trial: str) -> Recording:
    return one[trial] if trial in one._places else other[trial]
