"""Ground reaction of single stances, 2,084 patients and 211 controls (GaitRec, Horsak 2020)."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.table import table_columns
from gaitcast.recording import Recording
from gaitcast.units import factor

#: The processed curves are over percent of the stance; its time is not in these files.
ASSUMED_STANCE_S = 0.7
ASSUMED_RAW_HZ = 250.0
_NAME = re.compile(r"GRF_F_V_(PRO|RAW)_(left|right)\.csv")
_IDS = ("SUBJECT_ID", "SESSION_ID", "TRIAL_ID")
#: Word in the file name -> channel after the side.
_SIGNALS = {
    "F_V": "plate_force_z", "F_AP": "plate_force_x", "F_ML": "plate_force_y",
    "COP_AP": "plate_pos_x", "COP_ML": "plate_pos_y",
}  # fmt: skip
#: Column of the metadata -> covariate, words of its numbers.
_COVARIATES: dict[str, tuple[str, dict[int, str]]] = {
    "AFFECTED_SIDE": ("affected_side", {0: "left", 1: "right", 2: "both"}),
    "SHOD_CONDITION": ("shoes", {0: "barefoot", 1: "normal", 2: "orthopaedic"}),
    "ORTHOPEDIC_INSOLE": ("insole", {0: "no", 1: "yes"}),
    "SPEED": ("speed", {1: "slow", 2: "self-selected", 3: "fast"}),
    "SESSION_TYPE": ("session_type", {1: "initial", 2: "control", 3: "readmission"}),
    "TRAIN": ("train", {0: "no", 1: "yes"}),
    "TRAIN_BALANCED": ("train_balanced", {0: "no", 1: "yes"}),
    "TEST": ("test", {0: "no", 1: "yes"}),
}
Key = tuple[int, ...]
Curves = dict[Key, np.ndarray]
Facets = dict[str, float | str]


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each row of the vertical force, with the other signals of that row, as one stance."""
    words = path.stem.split("_")
    if not _NAME.fullmatch(path.name):
        raise GaitcastError(
            "not a file of vertical forces", where=str(path), hint="GRF_F_V_PRO_left.csv"
        )
    kind, side = words[3], words[4]
    signals, notes = {"F_V": _curves(path)}, _clock_notes(kind)
    for word in _SIGNALS:
        file = path.with_name(path.name.replace("F_V", word))
        if word != "F_V" and file.is_file():
            signals[word] = _curves(file)
    notes += _signs(signals, side)
    other = path.with_name(path.name.replace(kind, {"PRO": "RAW", "RAW": "PRO"}[kind]))
    if other.is_file():
        notes.append(f"warning: {other.name} holds the same stances")
    sessions = _sessions(path.with_name("GRF_metadata.csv"))
    if kind == "PRO" and not sessions:
        what = "the body weights, of which the forces are multiples, are not known"
        raise GaitcastError(what, where=str(path), hint="Put GRF_metadata.csv beside it")
    return [
        _stance(kind, side, key, signals, sessions.get(key[:2], {}), tuple(notes), max_gap_s)
        for key in signals["F_V"]
    ]


def _clock_notes(kind: str) -> list[str]:
    clock = (
        f"assumed: a stance takes {ASSUMED_STANCE_S} s; the curves are over percent of it"
        if kind == "PRO"
        else f"assumed: raw curves at {ASSUMED_RAW_HZ:g} Hz, in N and m"
    )
    return [clock, "assumed: vertical force is positive up; the origin of the CoP is not stated"]


def _stance(
    kind: str,
    side: str,
    key: Key,
    signals: dict[str, Curves],
    session: Facets,
    notes: tuple[str, ...],
    max_gap_s: float,
) -> Recording:
    known = np.flatnonzero(np.isfinite(signals["F_V"][key]))
    count = int(known[-1]) + 1 if len(known) else 0
    where = "GRF_F_V, subject {}, session {}, trial {}".format(*key)
    if count < 2:
        raise GaitcastError("a stance of fewer than two samples", where=where)
    rate_hz = (count - 1) / ASSUMED_STANCE_S if kind == "PRO" else ASSUMED_RAW_HZ
    weight_n = float(session.get("weight_n", np.nan)) if kind == "PRO" else 1.0
    if not np.isfinite(weight_n):
        notes = (*notes, "warning: no force, for the metadata has no weight of this person")
    lift = signals["F_V"][key][:count] * weight_n
    samples = {}
    for word, curves in signals.items():
        curve = curves.get(key, np.full(count, np.nan))[:count]
        curve = np.pad(curve, (0, count - len(curve)), constant_values=np.nan)
        centre = np.where(lift <= LEAST_LOAD_N, np.nan, curve)
        samples[f"{side}_{_SIGNALS[word]}"] = curve * weight_n if word[0] == "F" else centre
    time_s = np.arange(count) / rate_hz
    events = {f"{side}_heel_strike": time_s[:1], f"{side}_toe_off": time_s[-1:]}
    trial = "_".join(str(part) for part in key) + f"_{side}" + "_raw" * (kind == "RAW")
    covariates = {name: value for name, value in session.items() if name not in _PERSON}
    return Recording(
        _name(key[0]), trial, rate_hz, time_s, np.column_stack(list(samples.values())),
        tuple(samples), events, {**covariates, "session": str(key[1])}, notes, max_gap_s,
    )  # fmt: skip


def _name(subject: int) -> str:
    return f"P{subject:04d}"


def _curves(path: Path) -> Curves:
    """Rows by subject, session and trial; shorter stances are padded with empty cells."""
    columns = table_columns(path)
    if "DATASET_ID" in columns:
        what = "this is the Gutenberg set, which has GaitRec's file names"
        raise GaitcastError(what, where=str(path), hint="Keep the two sets in separate folders")
    try:
        ids = np.column_stack([columns.pop(name).astype(float) for name in _IDS])
        if not np.isfinite(ids).all():
            raise ValueError("an id is empty")
        # A column that is empty in every row has no type.
        values = [v.astype(float) for v in columns.values() if not (len(v) == 1 and v[0] == "?")]
        rows = np.column_stack(values)
    except KeyError as error:
        raise GaitcastError(f"no column {error}", where=str(path)) from error
    except (ValueError, TypeError) as error:
        raise GaitcastError(f"a column is not numeric: {error}", where=str(path)) from error
    found = {tuple(key): row for key, row in zip(ids.astype(int).tolist(), rows, strict=True)}
    if len(found) < len(rows):
        raise GaitcastError("a stance occurs twice", where=str(path))
    return found


def _signs(signals: dict[str, Curves], side: str) -> list[str]:
    """Signs of the horizontal signals: braking first, centre forward, the body pushed inwards."""
    notes = []
    inward = -1.0 if side == "left" else 1.0
    for word, seen in (
        ("F_AP", lambda curve: np.mean(_half(curve, 1)) - np.mean(_half(curve, 0))),
        ("COP_AP", lambda curve: np.mean(_half(curve, 1)) - np.mean(_half(curve, 0))),
        ("F_ML", lambda curve: inward * np.mean(curve)),
    ):
        if word not in signals:
            continue
        known = [curve[np.isfinite(curve)] for curve in signals[word].values()]
        turned = np.mean([seen(curve) for curve in known if len(curve) > 1] or [1.0]) < 0
        for name in (word, "COP_ML") if word == "F_ML" else (word,):
            if turned and name in signals:
                signals[name] = {key: -curve for key, curve in signals[name].items()}
        notes.append(f"assumed: sign of {word} by its shape: {'turned' if turned else 'as stored'}")
    if "COP_ML" in signals:
        notes.append("assumed: COP_ML has the sign of F_ML")
    return notes


def _half(curve: np.ndarray, which: int) -> np.ndarray:
    middle = len(curve) // 2
    return curve[middle:] if which else curve[:middle]


_PERSON = ("age", "sex", "height_m", "mass_kg", "weight_n")


def _sessions(path: Path) -> dict[Key, Facets]:
    """Covariates by subject and session."""
    return _metadata(path, path.stat().st_mtime_ns) if path.is_file() else {}


@functools.lru_cache(maxsize=4)
def _metadata(path: Path, _: int) -> dict[Key, Facets]:
    """Covariates by subject and session; `_` is the file's age, for the cache."""
    columns = table_columns(path)
    found: dict[Key, Facets] = {}
    try:
        for k, key in enumerate(zip(columns["SUBJECT_ID"], columns["SESSION_ID"], strict=True)):
            row = {name: v[k] for name, v in columns.items() if len(v) > k and v[0] != "?"}
            covariates: Facets = {"class": str(row["CLASS_LABEL"])}
            covariates["class_detailed"] = str(row.get("CLASS_LABEL_DETAILED"))
            for ours, theirs, scale in (
                ("age", "AGE", 1.0), ("height_m", "HEIGHT", 0.01), ("mass_kg", "BODY_MASS", 1.0),
                ("weight_n", "BODY_WEIGHT", 1.0),
            ):  # fmt: skip
                if theirs in row and np.isfinite(float(row[theirs])):
                    covariates[ours] = float(row[theirs]) * scale
            if "mass_kg" in covariates:
                covariates.setdefault("weight_n", float(covariates["mass_kg"]) * factor("g", "acc"))
            if "SEX" in row and np.isfinite(row["SEX"]):
                covariates["sex"] = "M" if row["SEX"] == 1 else "F"
            for theirs, (ours, meaning) in _COVARIATES.items():
                if theirs in row and np.isfinite(row[theirs]):
                    covariates[ours] = meaning.get(int(row[theirs]), str(int(row[theirs])))
            found[int(key[0]), int(key[1])] = covariates
    except (KeyError, ValueError, TypeError) as error:
        raise GaitcastError(f"no usable column: {error}", where=str(path)) from error
    return found


def _subjects(folder: Path) -> SubjectTable:
    """Each person as of the first session."""
    people: dict[str, Facets] = {}
    for path in GAITREC.paths(folder)[:1]:
        sessions = _sessions(path.with_name("GRF_metadata.csv"))
        for (subject, _), session in sorted(sessions.items()):
            person = {name: session[name] for name in _PERSON[:4] if name in session}
            people.setdefault(_name(subject), {**person, "class": session["class"]})
    return people


GAITREC = Dataset(
    name="gaitrec",
    title="Ground reaction force and centre of pressure of single stances, patients and controls",
    citation="Horsak et al., GaitRec, Sci Data 7:143, 2020, doi:10.1038/s41597-020-0481-z",
    licence="CC BY 4.0 (to be checked on each file's page)",
    source="https://doi.org/10.6084/m9.figshare.c.4788012.v1",
    files=tuple(f"**/GRF_F_V_{k}_{s}.csv" for k in ("PRO", "RAW") for s in ("left", "right")),
    read=_read,
    how_to_get=(
        "Take GRF_metadata.csv and the GRF_*_PRO_left.csv and _right.csv (or the RAW ones) from "
        "the figshare collection 4788012 into one folder."
    ),
    subjects=_subjects,
)
