"""What the fields of a bundle's card may be; whatever else stands there is refused in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gaitcast.errors import GaitcastError

#: Fields with participants.
_PEOPLE = ("trained_on", "stopped_by", "adapted_to")
#: Ways to adapt a bundle that leave what was learnt of the wearer in ``begins.npz``.
_WITH_MEMORY = ("memory", "fixed-memory")


def check_card(content: dict[str, Any]) -> None:
    """Refuse a card with values that no export writes.

    Parameters
    ----------
    content : dict
        All fields, lists as tuples.

    Raises
    ------
    GaitcastError
        With the names of the bad fields.
    """
    state, horizon = content["state"], content["horizon"]

    def names_of_state(key: str) -> bool:
        return _names(content[key]) and {*content[key]} <= {*state}

    def as_many(one: str, other: str) -> bool:
        both = _names(content[one]) and _names(content[other])
        return both and len(content[one]) == len(content[other]) > 0

    def widths() -> bool:
        rows = [row if isinstance(row, list) else [row] for row in content["half_width"]]
        whole = all(_number(v) and 0 <= v < 1e9 for row in rows for v in row)
        return whole and {len(row) for row in rows} <= {len(content["targets"])}

    def learnt_is_there() -> bool:
        table = content["adapted_by"]
        remembered = table.get("method") in _WITH_MEMORY
        return _is_table(table) and (bool(content["begins_sha256"]) or not remembered)

    checks: dict[str, Callable[[], bool]] = {
        "name": lambda: len(content["name"]) < 500 and content["name"].isprintable(),
        "channels": lambda: as_many("channels", "units"),
        "targets": lambda: as_many("targets", "target_units"),
        **{k: partial(_positive, content[k]) for k in ("rate_hz", "raw_hz", "max_gap_s")},
        **{k: partial(_names, content[k]) for k in ("covariates", *_PEOPLE)},
        **{k: partial(_is_table, content[k]) for k in ("study", "versions", "measured_ms")},
        **{k: partial(isinstance, content[k], bool) for k in ("resample", "learns")},
        **{k: partial(isinstance, content[k], str) for k in ("begins_sha256", "pipeline_sha256")},
        **{k: partial(_delay, content[k]) for k in ("adapter_delay_s", "steps_delay_s")},
        "horizon": lambda: _count(horizon + 1),
        "first": lambda: _count(content["first"] + 1) and content["first"] <= horizon,
        "usual": lambda: all(map(_mean_and_sd, content["usual"].values())),
        "covariate_range": lambda: all(map(_range, content["covariate_range"].values())),
        "learnt": partial(names_of_state, "learnt"),
        "pauses": partial(names_of_state, "pauses"),
        "half_width": widths,
        "adapted_by": learnt_is_there,
        "warmup": partial(_count, content["warmup"]),
        "state": lambda: all(isinstance(v, list) and all(map(_count, v)) for v in state.values()),
        "graph_sha256": lambda: len(bytes.fromhex(content["graph_sha256"])) == 32,
        "depth": partial(_shallow, content, 20),
    }
    bad = [name for name, good in checks.items() if not _holds(good)]
    if bad:
        raise GaitcastError(f"card.json has impossible values: {', '.join(bad)}")


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (TypeError, ValueError, OverflowError, AttributeError, KeyError):
        return False


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, str) for v in value)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _positive(value: float) -> bool:
    return _number(value) and 0 < value < 1e6


def _delay(value: float) -> bool:
    return _number(value) and abs(value) < 1e6


def _count(value: int) -> bool:
    return isinstance(value, int) and _positive(value)


def _mean_and_sd(value: Sequence[float]) -> bool:
    mean, sd = value
    return isinstance(value, list | tuple) and abs(mean) < 1e30 and 0 < sd < 1e30


def _range(value: Sequence[float]) -> bool:
    low, high = value
    return isinstance(value, list | tuple) and -1e30 < low <= high < 1e30


def _shallow(value: object, levels: int) -> bool:
    """Whether tables and lists in it are nested no deeper than so many levels."""
    if isinstance(value, dict):
        value = [*value.values()]
    if not isinstance(value, list | tuple):
        return True
    return levels > 0 and all(_shallow(v, levels - 1) for v in value)
