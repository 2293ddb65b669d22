"""What files hold, and what to doubt about it: behind ``gaitcast check``."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.datasets import dataset_of
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, guess_mapping, open_store, read
from gaitcast.io.mapping import apply_mapping, check_mapping
from gaitcast.recording import Recording
from gaitcast.signal.lab_frame import lab_vectors

#: A run of equal extreme values this long is a sensor at its limit, not a coincidence.
_CLIPPED_SAMPLES = 5
#: Quantity -> what the 99th percentile of its size should lie within, canonical unit.
_SIZES = {
    "acc": (0.5, 400.0), "gyr": (15.0, 3000.0), "angle": (1.0, 190.0), "moment": (0.02, 8.0),
    "force": (1.0, 6000.0), "marker": (0.01, 50.0), "pos": (0.005, 2000.0),
}  # fmt: skip


@dataclass(frozen=True)
class ChannelFacts:
    """One row of the channel table.

    Parameters
    ----------
    name, unit : str
        Of the channel.
    least, mean, greatest : float
        Of the samples that were measured.
    missing : float
        Share of samples that were not, 0 to 1.
    """

    name: str
    unit: str
    least: float
    mean: float
    greatest: float
    missing: float


@dataclass(frozen=True)
class RecordingFacts:
    """What is known, assumed and doubted of one recording.

    Parameters
    ----------
    subject, trial : str
        Who and which.
    rate_hz, duration_s : float
        Nominal rate, and time from the first to the last sample.
    samples, gaps : int
        Counts.
    events : dict of str to int
        How many of each.
    channels : tuple of ChannelFacts
        The channel table.
    notes : tuple of str
        What the reader repaired or assumed.
    doubts : tuple of str
        What looks wrong.
    """

    subject: str
    trial: str
    rate_hz: float
    duration_s: float
    samples: int
    gaps: int
    events: dict[str, int]
    channels: tuple[ChannelFacts, ...]
    notes: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class FileFacts:
    """What one file turned out to be.

    Parameters
    ----------
    path : str
        Of the file.
    kind : str
        Format or dataset; ``""`` if it was not read.
    recordings : tuple of RecordingFacts
        In the file.
    problem : str
        Why it was not read.
    """

    path: str
    kind: str = ""
    recordings: tuple[RecordingFacts, ...] = field(default_factory=tuple)
    problem: str = ""


def check_path(path: Path, mapping: Path | None = None) -> Iterator[FileFacts]:
    """Look at a file, or at every file of a folder.

    Parameters
    ----------
    path : Path
        File, folder, or cohort folder.
    mapping : Path, optional
        What the columns of tables mean; without one, and without a ``mapping.toml`` beside them,
        it is guessed and said so.

    Yields
    ------
    FileFacts
        One per file, in the order of their names; hidden files are passed over.

    Raises
    ------
    GaitcastError
        If there is no such place, or a single file cannot be read; in a folder such files are
        reported and passed over.
    """
    if not path.exists():
        raise GaitcastError("no such file or folder", where=str(path))
    if mapping is not None and not mapping.is_file():
        raise GaitcastError("no such mapping", where=str(mapping))
    if (path / "cohort.json").is_file():
        cohort = open_store(path)
        facts = tuple(describe(recording) for recording in cohort)
        yield FileFacts(str(path), "cohort folder", facts)
        return
    if path.is_file():
        facts_of_file = _check_file(path, mapping)
        if facts_of_file.problem:
            raise GaitcastError(facts_of_file.problem, where=str(path))
        yield facts_of_file
        return
    files = sorted(p for p in path.rglob("*") if p.is_file())
    if not files:
        raise GaitcastError("the folder is empty", where=str(path))
    for file in files:
        if not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield _check_file(file, mapping)


def _check_file(path: Path, mapping: Path | None) -> FileFacts:
    dataset = dataset_of(path) if mapping is None else None
    if dataset is not None:
        found = dataset.read(path, 0.1)
        return FileFacts(str(path), dataset.name, tuple(describe(r) for r in found))
    try:
        kind = find_format(path)
        beside = mapping or path.with_name("mapping.toml")
        if kind.columns is not None and not beside.is_file():
            return FileFacts(str(path), f"{kind.name}, guessed", (_guessed(path),))
        found = read(path, mapping)
    except GaitcastError as error:
        return FileFacts(str(path), problem=str(GaitcastError(error.what, mend=error.mend)))
    return FileFacts(str(path), kind.name, tuple(describe(r) for r in found))


def as_json(files: Iterable[FileFacts]) -> str:
    """Facts as JSON; a number that is none becomes null.

    Parameters
    ----------
    files : iterable of FileFacts
        From :func:`check_path`.

    Returns
    -------
    str
        A list with one object a file.
    """

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps([plain(asdict(file)) for file in files], indent=1, ensure_ascii=False)


def guess_file(path: Path) -> str:
    """A first mapping for a table or array file.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    str
        TOML, to be checked by a person.

    Raises
    ------
    GaitcastError
        If the file needs no mapping, or its columns say nothing.
    """
    kind = find_format(path)
    if kind.columns is None:
        raise GaitcastError(f"{kind.name} files say themselves what they hold", where=str(path))
    try:
        text, _ = guess_mapping(kind.columns(path))
    except GaitcastError as error:
        raise GaitcastError(error.what, where=error.where or str(path), mend=error.mend) from error
    return text


def _guessed(path: Path) -> RecordingFacts:
    kind = find_format(path)
    assert kind.columns is not None
    columns = kind.columns(path)
    text, left_out = guess_mapping(columns)
    table = tomllib.loads(text)
    check_mapping(table, str(path))
    recording = apply_mapping(table, columns, path, 0.1)
    facts = describe(recording)
    rest = f"; {len(left_out)} columns not understood" if left_out else ""
    note = f"assumed: the meaning of every column, from its name and size{rest}"
    return replace(facts, notes=(note, *facts.notes))


def describe(recording: Recording) -> RecordingFacts:
    """Facts and doubts of one recording.

    Parameters
    ----------
    recording : Recording
        As read.

    Returns
    -------
    RecordingFacts
        Notes that begin with ``doubt:`` are among the doubts.
    """
    doubts = [note.removeprefix("doubt: ") for note in recording.notes if note.startswith("doubt:")]
    notes = tuple(note for note in recording.notes if not note.startswith("doubt:"))
    channels = tuple(_channel_facts(recording, name) for name in recording.channels)
    doubts += [*_doubt_time(recording), *_doubt_values(recording), *_doubt_sides(recording)]
    return RecordingFacts(
        recording.subject,
        recording.trial,
        recording.rate_hz,
        recording.duration_s,
        len(recording),
        len(recording.stretches()) - 1,
        {name: len(times) for name, times in recording.events.items()},
        channels,
        notes,
        tuple(doubts),
    )


def _channel_facts(recording: Recording, name: str) -> ChannelFacts:
    values = recording.column(name)
    known = values[np.isfinite(values)]
    least, mean, most = (
        (float(known.min()), float(known.mean()), float(known.max()))
        if len(known)
        else (np.nan,) * 3
    )
    missing = 1 - len(known) / max(len(values), 1)
    return ChannelFacts(name, Channel.parse(name).unit, least, mean, most, missing)


def _doubt_time(recording: Recording) -> Iterator[str]:
    steps = np.diff(recording.time_s)
    steps = steps[steps <= recording.max_gap_s + 1e-9]
    gaps = len(recording.stretches()) - 1
    if gaps:
        yield f"{gaps} gaps above {recording.max_gap_s:g} s"
    if len(steps) < 2:
        return
    middle = float(np.median(steps))
    unsteady = float((np.abs(steps - middle) > 0.2 * middle).mean())
    if unsteady > 0.01:
        yield f"the clock jitters: {unsteady:.0%} of the steps are off by more than a fifth"
    measured = 1 / float(steps.mean())
    if abs(measured / recording.rate_hz - 1) > 0.02:
        yield f"samples come at {measured:.4g} Hz, {recording.rate_hz:.4g} Hz were said"


def _doubt_values(recording: Recording) -> Iterator[str]:
    flat: list[str] = []
    clipped: list[str] = []
    small: list[str] = []
    large: list[str] = []
    hidden: list[str] = []
    for name in recording.channels:
        values = recording.column(name)
        known = values[np.isfinite(values)]
        if not len(known):
            hidden.append(name)
            continue
        quantity = Channel.parse(name).quantity
        if len(known) > 20 and np.ptp(known) == 0 and quantity not in ("marker", "torque", "pos"):
            flat.append(name)
            continue
        if quantity in ("acc", "gyr") and _longest_extreme(known) >= _CLIPPED_SAMPLES:
            clipped.append(name)
        size = np.percentile(np.abs(known), 99)
        low, high = _SIZES.get(quantity, (0.0, np.inf))
        # Components of a vector may be small; a whole group of them may not.
        if size > high:
            large.append(name)
        elif 0 < size < low and quantity == "gyr":
            small.append(name)
    for names, words in (
        (hidden, "never seen"),
        (flat, "flat: the same value throughout"),
        (clipped, "at the sensor's limit: equal extreme values in a row"),
        (large, "larger than gait makes them: check the unit"),
    ):
        if names:
            yield f"{_some(names)} {words}"
    groups = {name.rsplit("_", 1)[0] for name in small}
    tiny = [
        group
        for group in sorted(groups)
        if all(f"{group}_{a}" in small for a in VECTOR_AXES)
        and _moves(recording, group.replace("_gyr", "_acc"))
    ]
    if tiny:
        yield f"{_some(tiny)} smaller than gait makes them: perhaps in rad/s"
    yield from _doubt_gravity(recording)
    yield from _doubt_forces(recording)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _longest_extreme(values: np.ndarray) -> int:
    """Length of the longest run of samples at the least or the greatest value."""
    longest = 0
    for extreme in (values.min(), values.max()):
        at = np.flatnonzero(np.concatenate([[False], values == extreme, [False]]) == 0)
        longest = max(longest, int(np.diff(at).max()) - 1)
    return longest if np.ptp(values) > 0 else 0


def _moves(recording: Recording, group: str) -> bool:
    """Whether a sensor's accelerometer feels more than standing."""
    triple = [f"{group}_{axis}" for axis in VECTOR_AXES]
    if not set(triple) <= set(recording.channels):
        return False
    norms = np.linalg.norm(recording.matrix(triple), axis=1)
    norms = norms[np.isfinite(norms)]
    return bool(len(norms) and norms.std() > 1.5)


def _doubt_gravity(recording: Recording) -> Iterator[str]:
    """At rest an accelerometer reads 9.81 m/s^2; its median over a walk is near that."""
    for name in recording.channels:
        if not name.endswith("_acc_x"):
            continue
        triple = [name[:-1] + axis for axis in VECTOR_AXES]
        if not set(triple) <= set(recording.channels):
            continue
        norms = np.linalg.norm(recording.matrix(triple), axis=1)
        norms = norms[np.isfinite(norms)]
        if not len(norms):
            continue
        middle = float(np.median(norms))
        if not 7.5 < middle < 40:  # runners reach 18
            word = name[:-2]
            why = (
                "in g, or gravity was taken away" if middle < 7.5 else "in another unit than stated"
            )
            yield f"{word} has a median of {middle:.2g} m/s^2 instead of 9.8: perhaps {why}"


def _doubt_forces(recording: Recording) -> Iterator[str]:
    for name in recording.channels:
        if name.endswith("_force_z"):
            values = recording.column(name)
            values = values[np.isfinite(values)]
            least, most = values.min(initial=0.0), values.max(initial=0.0)
            if least < -100 and -least > most:
                yield f"{name} is negative under load: its sign is turned"


def _doubt_sides(recording: Recording) -> Iterator[str]:
    """With x forward, what is on the left has the greater y."""
    ahead = []
    for triple in lab_vectors(recording.channels):
        left = Channel.parse(triple[0])
        if left.side != "left" or left.quantity not in ("marker", "pos"):
            continue
        twin = _twin(left.segment)
        other = f"right_{twin}_{left.quantity}_y"
        if other in recording.channels and "plate" not in left.segment:
            apart = recording.column(triple[1]) - recording.column(other)
            apart = apart[np.isfinite(apart)]
            if len(apart):
                ahead.append(float(np.median(apart)))
    if len(ahead) >= 3 and np.mean(np.array(ahead) < 0) > 0.8:
        yield "left and right look swapped, or the person does not walk towards +x"


def _twin(label: str) -> str:
    """The right side's label for a label of the left."""
    for left, right in (
        ("Left", "Right"),
        ("left", "right"),
        ("LEFT", "RIGHT"),
        ("L", "R"),
        ("l", "r"),
    ):
        if re.match(left, label):
            return right + label[len(left) :]
    return label
