"""Study files: those that come with the package, any other, and the parts of one."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from gaitcast.errors import GaitcastError, nearest
from gaitcast.study.faults import as_error
from gaitcast.study.study import Study


def choose_part(
    parts: dict[str, tuple[Study, Path | None]], name: str | None
) -> dict[str, tuple[Study, Path | None]]:
    """One part of a study, or all.

    Parameters
    ----------
    parts : dict
        From :meth:`Study.parts`.
    name : str or None
        Of a variant; None for all.

    Returns
    -------
    dict
        Of the same kind.

    Raises
    ------
    GaitcastError
        If there is no such variant.
    """
    if name is None:
        return parts
    known = [variant for variant in parts if variant]
    if name not in known:
        raise GaitcastError(
            f"no variant '{name}'",
            where=f"study '{parts[''][0].name}'",
            hint=nearest(name, known) if known else "It has none: leave out --part",
        )
    return {name: parts[name]}


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package.

    Returns
    -------
    dict of str to Path
        By name.
    """
    folder = Path(str(resources.files("gaitcast") / "studies"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_study(name_or_path: str | Path) -> Study:
    """Read and check a study.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped study, or a path to a TOML file.

    Returns
    -------
    Study
        Checked.

    Raises
    ------
    GaitcastError
        If there is no such file, it is not TOML, or keys or values are wrong: all of
        them are named.
    """
    shipped = shipped_studies()
    path = shipped.get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        raise GaitcastError(
            f"no study '{name_or_path}'",
            hint=f"Give a path to a TOML file, or one of: {', '.join(shipped)}",
        )
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
        study = Study.model_validate(table)
        if not study.data.dataset:
            raise GaitcastError("no recordings are named", where=f"{path}, data",
                                hint='Set dataset = "NAME" or a path')  # fmt: skip
        study._text = text
        return study
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GaitcastError(f"not valid TOML: {error}", where=str(path)) from error
    except ValidationError as error:
        raise as_error(error, table, str(path)) from error
