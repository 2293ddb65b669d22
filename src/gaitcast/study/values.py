"""Values of a study file that classes of their own check: tasks, splits, chains of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, SerializeAsAny

from gaitcast.errors import GaitcastError, each_of, raise_all
from gaitcast.evaluation.splits import Split, find_split
from gaitcast.options import build_options
from gaitcast.pipeline import make_step
from gaitcast.tasks import Task


def all_of(*checks: Callable[[], object]) -> list[GaitcastError]:
    """What each check that fails says, once.

    Parameters
    ----------
    *checks : callable
        Each raises `GaitcastError` if something is wrong.

    Returns
    -------
    list of GaitcastError
    """
    found: dict[str, GaitcastError] = {}
    for check in checks:
        try:
            check()
        except GaitcastError as error:
            found |= {str(one): one for one in each_of(error)}
    return [*found.values()]


def _as_chain(value: Any) -> Any:
    steps = value if isinstance(value, list) else []
    raise_all(all_of(*(partial(make_step, one, "step") for one in steps if isinstance(one, dict))))
    return value


#: A row of ``[steps]``, checked by the classes of its steps.
ChainOf = Annotated[list[dict[str, Any]], BeforeValidator(_as_chain)]


def _as_task(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    # Inputs and horizons are axes of the study; each cell's Pipeline has its own.
    return build_options(Task, {"inputs": (), "horizon_ms": 0.0, **value}, "task")


def _as_split(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    table = dict(value)
    kind = str(table.pop("kind", ""))
    own = dict(table.pop("options", {}))
    made = find_split(kind)
    return build_options(made, {**table, **own}, f"split '{table.get('name', kind)}'")


def _split_table(split: Split) -> dict[str, Any]:
    own = split.own_options()
    return {
        "kind": split.kind,
        **{f.name: getattr(split, f.name) for f in fields(Split)},
        "options": own,
    }


#: ``[task]``, checked by the class itself.
TaskOf = Annotated[Task, BeforeValidator(_as_task)]
#: A row of ``[[splits]]``, checked by the class of its kind.
SplitOf = Annotated[
    SerializeAsAny[Split], BeforeValidator(_as_split), PlainSerializer(_split_table)
]
