"""Options in a study file, checked against the signature of what they configure."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model

from gaitcast.errors import GaitcastError, nearest


def check_options(
    target: Callable[..., Any], options: Mapping[str, Any], where: str, *, given: int = 0
) -> dict[str, Any]:
    """Check names, types and bounds of options before anything is run.

    Parameters
    ----------
    target : callable
        A class or function; its annotations, bounds included, are what is checked.
    options : dict
        From the file.
    where : str
        Said in the error.
    given : int
        Leading parameters that the file does not give.

    Returns
    -------
    dict
        The options, lists as tuples.

    Raises
    ------
    GaitcastError
        For the first option that is unknown, of another type, out of bounds or missing.
    """
    parameters = [*inspect.signature(target).parameters.values()][given:]
    names = [p.name for p in parameters]
    for name in options:
        if name not in names:
            hint = nearest(name, names) if names else "It takes none"
            raise GaitcastError(f"unknown option '{name}'", where=where, hint=hint)
    hints = _hints(target)
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in parameters
    }
    rules = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    try:
        create_model("Options", __config__=rules, **fields)(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise GaitcastError(f"option '{name}': {first['msg'].lower()}", where=where) from error
    return values


def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    source = target
    if inspect.isclass(target) and not dataclasses.is_dataclass(target):
        source = target.__init__
    return typing.get_type_hints(source, include_extras=True)
