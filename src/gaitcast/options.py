"""Settings that check themselves: names, types and bounds, in Python and from a study's TOML alike.

A class with ``@options`` is a frozen dataclass whose annotations are enforced by pydantic. Model
classes and loaders are plain callables; :func:`check_options` checks values for them.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, TypeVar

import pydantic
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from gaitcast.errors import GaitcastError, each_of, nearest, raise_all

_T = TypeVar("_T")
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


@typing.dataclass_transform(frozen_default=True, field_specifiers=(field,))
def options(cls: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass that refuses unknown, mistyped and out-of-bound values.

    Parameters
    ----------
    cls : type
        With annotated fields, bounds included.

    Returns
    -------
    type
        Its constructor raises :class:`GaitcastError` that names all wrong values; lists become
        tuples.
    """
    made = pydantic.dataclasses.dataclass(cls, frozen=True, config=_STRICT)
    accept = made.__init__
    names = [f.name for f in fields(made)]
    in_order = [f.name for f in fields(made) if not f.kw_only]

    @functools.wraps(accept)
    def checked(self: Any, *args: Any, **values: Any) -> None:
        unknown = _unknown(values, names, made.__name__)
        given = {**dict(zip(in_order, args, strict=False)), **values}
        plain = {k: _as_tuple(v) for k, v in given.items() if k in names or not unknown}
        try:
            accept(self, *args[len(in_order) :], **plain)
        except ValidationError as error:
            raise_all([*unknown, *_faults(error, made.__name__, unknown)])
        raise_all(unknown)

    made.__init__ = checked  # type: ignore[method-assign]
    return typing.cast("type[_T]", made)


def build_options(cls: Callable[..., _T], values: Mapping[str, Any], where: str) -> _T:
    """Construct an options class from a table of a file.

    Parameters
    ----------
    cls : type
        Made by :func:`options`.
    values : dict
        From the file.
    where : str
        Place in the file, named in the error.

    Returns
    -------
    object
        Checked.

    Raises
    ------
    GaitcastError
        For all values that are unknown, of another type, out of bounds or missing.
    """
    try:
        return cls(**values)
    except GaitcastError as error:
        raise_all([GaitcastError(e.what, where=where, hint=e.hint) for e in each_of(error)])
        raise


def check_options(
    target: Callable[..., Any], values: Mapping[str, Any], where: str, *, given: int = 0
) -> dict[str, Any]:
    """Check values for a callable before anything is run.

    Parameters
    ----------
    target : callable
        A class or function; its annotations, bounds included, are what is checked.
    values : dict
        From the user.
    where : str
        Named in the error.
    given : int
        Leading parameters that the user does not give.

    Returns
    -------
    dict
        The values, lists as tuples.

    Raises
    ------
    GaitcastError
        For all values that are unknown, of another type, out of bounds or missing.
    """
    parameters = [*inspect.signature(target).parameters.values()][given:]
    names = [p.name for p in parameters]
    unknown = _unknown(values, names, where)
    hints = annotations_of(target)
    required = {p.name: hints[p.name] for p in parameters if p.default is p.empty}
    optional = {p.name: typing.NotRequired[hints[p.name]] for p in parameters}
    make_table: Any = TypedDict  # its fields are known at run time only
    table = make_table("table", {**optional, **required})
    table.__pydantic_config__ = _STRICT
    plain = {k: _as_tuple(v) for k, v in values.items() if k in names}
    try:
        TypeAdapter(table).validate_python(plain)
    except ValidationError as error:
        raise_all([*unknown, *_faults(error, where, unknown)])
    raise_all(unknown)
    return plain


def annotations_of(target: Callable[..., Any]) -> dict[str, Any]:
    """Type of each parameter, bounds included."""
    is_plain_class = inspect.isclass(target) and not hasattr(target, "__dataclass_fields__")
    source: Any = target.__init__ if is_plain_class else target
    return typing.get_type_hints(source, include_extras=True)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _unknown(values: Mapping[str, Any], names: list[str], where: str) -> list[GaitcastError]:
    return [
        GaitcastError(
            f"unknown option '{name}'",
            where=where,
            hint=nearest(name, names) if names else "It takes none",
        )
        for name in values
        if name not in names
    ]


def _faults(
    error: ValidationError, where: str, unknown: list[GaitcastError]
) -> list[GaitcastError]:
    """All that is wrong; an option that is absent since its name was mistyped counts once."""
    found: list[GaitcastError] = []
    for fault in error.errors():
        own = fault.get("ctx", {}).get("error")
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if isinstance(own, GaitcastError):  # raised by the class's own __post_init__
            found.append(own)
        elif fault["type"] != "missing" or not any(f"'{name}'" in e.hint for e in unknown):
            found.append(GaitcastError(f"option '{name}': {fault['msg'].lower()}", where=where))
    return found
