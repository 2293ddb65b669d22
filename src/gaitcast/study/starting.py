"""The files of a new study: recordings are found, a mapping is guessed where it takes one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gaitcast.atomic import write_text
from gaitcast.cohort import Cohort
from gaitcast.datasets import find_loader, load
from gaitcast.datasets.own_folder import load_path
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format
from gaitcast.quality.check import guess_file
from gaitcast.study.proposal import propose
from gaitcast.study.starter import as_text, study_name

#: So many files of a folder are looked at for one that a mapping can be guessed from.
_LOOKED_AT = 200
_REFUSED = (
    "'gaitcast run' refuses this study until it is certain who the participants are: say whose the "
    'files are (docs/own-data.md), or write participants = "confirmed" into its [data]'
)


@dataclass(frozen=True)
class Started:
    """What :func:`start_study` wrote.

    Parameters
    ----------
    study : Path
    mapping : Path, optional
        Guessed, where tables had none.
    lines : tuple of str
        What was found, a line each.
    refused : bool
        Whether a run is refused until the participants are confirmed.
    """

    study: Path
    mapping: Path | None
    lines: tuple[str, ...]
    refused: bool = False


def start_study(
    source: str,
    targets: Sequence[str],
    *,
    out: str | Path | None = None,
    horizons_ms: Sequence[float] = (),
    folder: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Started:
    """Write a first study on recordings, and a guessed mapping beside it where tables need one.

    Parameters
    ----------
    source : str
        A file, a folder, or the name of a dataset.
    targets : sequence of str
        Channel names or patterns.
    out : str or Path, optional
        Of the study; by default ``NAME-SEGMENT-QUANTITY.toml`` in the working directory.
    horizons_ms : sequence of float
        By default what suits the target.
    folder : str or Path, optional
        Of a dataset; by default ``$GAITCAST_DATA``.
    mapping : str or Path, optional
        What the columns of tables mean; by default the one beside them, else one is guessed.

    Returns
    -------
    Started

    Raises
    ------
    GaitcastError
        If recordings cannot be read, nothing can be predicted so, or a file exists already.
    """
    if out is not None and Path(out).exists():
        raise _exists(Path(out))
    cohort, guessed = _load(source, folder, mapping)
    found = propose(cohort, targets, horizons_ms)
    study = Path(out or f"{study_name(cohort.name, found.targets)}.toml")
    beside = study.with_name(f"{study.stem}-mapping.toml")
    for path in (study, beside) if guessed else (study,):
        if path.exists():
            raise _exists(path)
    used = beside if guessed else mapping
    options = {} if used is None else {"mapping": Path(used).resolve().as_posix()}
    own = find_loader(source, folder) is load_path
    dataset = Path(folder or "", source).resolve().as_posix() if own else source
    text = as_text(found, cohort, dataset, options, study.stem if out else "")
    if guessed:
        write_text(beside, guessed)
    write_text(study, text)
    lines = (
        f"{found.people} participants, {found.minutes:.1f} minutes with {', '.join(found.targets)}",
        f"inputs: {', '.join(found.inputs)}",
        f"split: {found.split.kind} ({found.split.about}"
        + ("; only if the participants are right)" if found.refused else ")"),
        *(f"warning: {warning}" for warning in found.uncertain),
        *((_REFUSED,) if found.refused else ()),
    )
    return Started(study, beside if guessed else None, lines, found.refused)


def _exists(path: Path) -> GaitcastError:
    return GaitcastError("exists already", where=str(path), hint="Name another file with --out")


def _load(source: str, folder: str | Path | None, mapping: str | Path | None) -> tuple[Cohort, str]:
    """The recordings, and the text of a guessed mapping if they could not be read without."""
    given: dict[str, Any] = {} if mapping is None else {"mapping": mapping}
    try:
        return load(source, folder, **given), ""
    except GaitcastError as problem:
        text = "" if mapping is not None else _guess(Path(folder or "", source))
        if not text:
            raise problem from None
        with tempfile.TemporaryDirectory() as place:
            guessed = Path(place) / "mapping.toml"
            guessed.write_text(text, encoding="utf-8")
            cohort = load(source, folder, mapping=guessed)
            # Read while the mapping exists.
            recordings = tuple(cohort)
        return replace(cohort, recordings=recordings), text


def _guess(source: Path) -> str:
    """A mapping guessed from the first table; empty where there is none or it has one already."""
    for path in _tables(source):
        try:
            return guess_file(path)
        except GaitcastError:
            continue
    return ""


def _tables(source: Path) -> Iterator[Path]:
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    if any(path.name == "mapping.toml" for path in files):
        return
    for path in [p for p in files if p.is_file() and not p.name.startswith(".")][:_LOOKED_AT]:
        try:
            if find_format(path).columns is not None:
                yield path
        except GaitcastError:
            continue
