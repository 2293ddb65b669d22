"""A first study on any recordings, written as a commented TOML file that runs as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.study.proposal import Proposal, propose

#: Networks that a new study compares with ridge, and how they are trained: of the future, one that
#: learns from its wearer, whose angle a device measures; of the present, one that reads sensors.
AHEAD, NOW = "wearer-adaptive", "gru"
TRAINING: dict[str, dict[str, float]] = {
    AHEAD: {"max_epochs": 12},
    NOW: {"max_epochs": 12, "batches": 25},
}
#: Longest training segments, ms.
#: In parts that are shorter a model has nothing to learn from its wearer.
_LEAST_TO_LEARN_S = 3.0
_SEGMENT_MS = {AHEAD: 10_000.0, NOW: 3000.0}
#: Naive predictors that have to be beaten, of the future and of the present.
_NAIVE = ("persistence", "linear-extrapolation", "phase-template", "last-cycle")
#: Windows times columns that ridge may hold in memory.
_RIDGE_CELLS = 5e7
_SHOWN = 12
#: Name of the steps that estimate the targets from IMUs.
_NOW = "angle-now"


def new_study(
    cohort: Cohort,
    target: str | Sequence[str],
    *,
    horizons_ms: Sequence[float] = (),
    dataset: str = "",
    options: Mapping[str, str] | None = None,
    name: str = "",
) -> str:
    """Write a first study: what the recordings hold, a sensible horizon, baselines, two models.

    Parameters
    ----------
    cohort : Cohort
        At any rates; its recordings are read once.
    target : str or sequence of str
        Channel names or patterns.
    horizons_ms : sequence of float
        How far ahead; by default 500, 200 and 100 ms for angles, the present for forces.
    dataset : str
        Name or path of the recordings as the study's ``[data]`` says it; by default the cohort's
        name.
    options : dict, optional
        Of the loader, such as ``mapping``.
    name : str
        Of the study; by default after cohort and target.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    GaitcastError
        If there is no such target, nothing to predict it from, or too little was recorded; the hint
        says what could be predicted.
    """
    wanted = [target] if isinstance(target, str) else list(target)
    found = propose(cohort, wanted, horizons_ms)
    return as_text(found, cohort, dataset or cohort.name, options or {}, name)


def as_text(
    found: Proposal, cohort: Cohort, dataset: str, options: Mapping[str, str], name: str
) -> str:
    """The TOML of a proposal.

    Parameters
    ----------
    found : Proposal
    cohort : Cohort
        That it was made for.
    dataset, options, name
        See :func:`new_study`.

    Returns
    -------
    str
    """
    parts = [
        _head(found, name or study_name(cohort.name, found.targets)),
        _data(found, dataset, options),
        _task(found),
        _inputs(found),
        _steps(found),
        _models(found),
        _split(found),
        _quick(found),
        _export(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def study_name(of: str, targets: Sequence[str]) -> str:
    """Letters, digits and dashes, after recordings and targets."""
    first = Channel.parse(targets[0])
    words = f"{of}-{first.segment}-{first.quantity}"
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-").lower() or "study"


def _head(found: Proposal, name: str) -> str:
    what = ", ".join(found.targets[:3]) + (" ..." if len(found.targets) > 3 else "")
    when = f"{max(found.horizons_ms):g} ms ahead" if found.ahead else "at the present instant"
    runs = "It is refused as it is: see participants" if found.refused else "It runs as it is"
    lines = [
        f"# Written by 'gaitcast new'. {runs}; change what you know better.",
        f"# Found: {found.people} participants, {found.minutes:.1f} minutes that can be used, in "
        f"parts of typically {found.run_s:.1f} s.",
        f"name = {_q(name)}",
        f"title = {_q(f'{what}, {when}')}",
        "seeds = [0]    # more seeds repeat the training of networks",
    ]
    return "\n".join(lines)


def _data(found: Proposal, dataset: str, options: Mapping[str, str]) -> str:
    lines = [
        "[data]",
        f"dataset = {_q(dataset)}",
        f"resample_hz = {found.rate_hz:g}    # working rate; faster recordings pass a causal "
        "low-pass first, as on a device",
        f"max_gap_s = {found.max_gap_s:g}    # nothing is windowed across a longer gap",
    ]
    if options:
        table = ", ".join(f"{key} = {_q(value)}" for key, value in options.items())
        lines.append(f"options = {{ {table} }}    # what the columns mean: check every line")
    if found.uncertain:
        until = (
            "# Until that is clear 'gaitcast run' refuses this study: its split holds people apart."
            if found.refused
            else "# Until that is clear 'gaitcast run' refuses splits that hold people apart."
        )
        lines += [
            *(f"# Not certain who is who: {warning}" for warning in found.uncertain),
            until,
            "# 'gaitcast check' lists the participants: say whose the files are "
            "(docs/own-data.md), or,",
            "# if they are right, take the # away from the next line.",
            '# participants = "confirmed"',
        ]
    if found.complete:
        lines += [
            "# Only parts of recordings in which all of these were measured, and long enough for a "
            "window:",
            f"complete = {_list(found.complete)}",
            f"least_s = {found.least_s:g}",
        ]
    if found.prepare:
        lines.append(
            f"prepare = {_list(found.prepare)}    # force by mass, N/kg: people are alike then"
        )
    return "\n".join(lines)


def _task(found: Proposal) -> str:
    lines = [
        "[task]",
        f"name = {_q(Channel.parse(found.targets[0]).quantity)}",
        f"targets = {_list(found.targets)}",
        f"history_ms = {found.history_ms:g}    # what a model sees of the past",
        f"horizons_ms = {_list(found.horizons_ms)}    # "
        + ("how far ahead, a cell each" if found.ahead else "0 is the present instant"),
        f"output = {_q(found.output)}    # "
        + ("every sample up to the horizon" if found.output == "all" else "the horizon alone"),
        "# Errors are given in the target's unit (RMSE, MAE ...) and as a share of its range.",
    ]
    return "\n".join(lines)


def _inputs(found: Proposal) -> str:
    lines = ["# Channels that models read. Never the target itself at the instant it is predicted."]
    lines.append("[inputs]")
    for name, group in found.inputs.items():
        lines += [f"# {group.about}", f"{_key(name)} = {_list(group.patterns)}"]
    reasons: dict[str, list[str]] = {}
    for channel, reason in found.left_out.items():
        reasons.setdefault(reason, []).append(channel)
    for reason, channels in reasons.items():
        more = f" and {len(channels) - _SHOWN} more" if len(channels) > _SHOWN else ""
        lines.append(f"# Left out, {reason}: {', '.join(channels[:_SHOWN])}{more}")
    measured = {k: v for group in found.inputs.values() for k, v in group.measured.items()}
    if measured:
        lines += ["", '# How late, ms, a device has what no IMU gives; "laboratory" if never.']
        lines.append("[measured]")
        lines += [
            f"{_q(k)} = {_q(v) if isinstance(v, str) else f'{v:g}'}" for k, v in measured.items()
        ]
    return "\n".join(lines)


def _steps(found: Proposal) -> str:
    if found.estimated:
        keys = ("angle", "proximal", "distal", "uncertainty")
        steps = [{"step": s.name, **{k: getattr(s, k) for k in keys}} for s in found.estimated]
        return "\n".join(
            [
                "[steps]",
                "none = []",
                "# The angle now by the IMUs of both segments, for a device without an encoder.",
                f"{_NOW} = {_list(steps)}",
            ]
        )
    if "markers" not in found.inputs:
        return ""
    return "\n".join(
        [
            "[steps]",
            "none = []",
            "# Velocities and accelerations: the place in the laboratory says nothing about gait.",
            'motion = [{ step = "marker_motion", positions = "dropped" }]',
        ]
    )


def _models(found: Proposal) -> str:
    groups = [*found.inputs]
    own = next((n for n, g in found.inputs.items() if g.patterns == found.targets), groups[0])
    naive = ("train-mean", *_NAIVE) if found.ahead else ("train-mean",)
    steps = ["motion"] if "markers" in found.inputs else []
    tables = [
        "# What has to be beaten.\n" + _model({"model": [*naive], "inputs": [own]}),
    ]
    ridge = {"model": "ridge", "inputs": groups, "options": _ridge(found)}
    network = _network(found)
    # By gradient, so dearer: the main inputs only.
    training = {**TRAINING[network], **_segments(found, _SEGMENT_MS[network])}
    learnt = {"model": network, "inputs": [groups[0]], "training": training}
    both = [ridge, learnt]
    if found.estimated:
        both.append({**learnt, "inputs": ["imu"], "steps": [_NOW]})
    for entry in both:
        if steps:
            entry["steps"] = steps
        tables.append(_model({k: v for k, v in entry.items() if v != {}}))
    return "\n\n".join(tables)


def _model(entry: Mapping[str, Any]) -> str:
    return "\n".join(["[[models]]", *(f"{key} = {_value(v)}" for key, v in entry.items())])


def _network(found: Proposal) -> str:
    learns = min(found.horizons_ms) > 0 and found.run_s > _LEAST_TO_LEARN_S
    return AHEAD if learns else NOW


def _segments(found: Proposal, longest_ms: float) -> dict[str, float]:
    """Training segments that fit into a typical recording."""
    room_ms = 1000 * found.run_s - max(0.0, *found.horizons_ms)
    segment_ms = min(longest_ms, max(100.0, 0.5 * room_ms))
    return {"segment_ms": round(segment_ms, -1), "burn_in_ms": round(min(1000, segment_ms / 3), -1)}


def _ridge(found: Proposal) -> dict[str, int]:
    """Every fifth sample of the past unless that is too much at once."""
    history = found.history_ms * found.rate_hz / 1000
    columns = 4 * max(len(group.patterns) for group in found.inputs.values())
    cells = 60 * found.minutes * found.rate_hz * history * columns
    every = max(5, round(cells / _RIDGE_CELLS))
    return {"every": every} if every > 5 else {}


def _split(found: Proposal) -> str:
    lines = [f"# {found.split.about[0].upper()}{found.split.about[1:]}."]
    if found.refused:
        lines.append('# That holds once the participants are right: participants = "confirmed".')
    lines += ["[[splits]]", f"kind = {_q(found.split.kind)}"]
    if found.split.options:
        lines.append(f"options = {_value(dict(found.split.options))}")
    return "\n".join(lines)


def _quick(found: Proposal) -> str:
    return "\n".join(
        [
            "# What 'gaitcast run --quick' keeps.",
            "[quick]",
            f"horizons_ms = {_list([found.quick_horizon_ms])}",
            "max_folds = 2",
            "max_epochs = 3",
        ]
    )


def _export(found: Proposal) -> str:
    main, group = next(iter(found.inputs.items()))
    if not group.live or found.quick_horizon_ms < 0:
        return ""
    model = _network(found)
    return "\n".join(
        [
            "# The fit that becomes a bundle for a device; 'gaitcast export --all-people' fits it "
            "on all.",
            "[export]",
            f"split = {_q(found.split.kind)}",
            f"fold = {_q(found.split.fold)}",
            f"horizon_ms = {found.quick_horizon_ms:g}",
            f'models = [{{ model = {_q(model)}, inputs = {_q(main)}, steps = "none" }}]',
        ]
    )


# --- TOML --------------------------------------------------------------------------------------


def _q(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _q(name)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _list(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return _q(value) if isinstance(value, str) else f"{value:g}"


def _list(values: Sequence[Any]) -> str:
    whole = "[" + ", ".join(_value(value) for value in values) + "]"
    if len(whole) <= 90:
        return whole
    lines, line = [], " "
    for value in values:
        if len(line) > 2 and len(line) + len(_value(value)) > 96:
            lines.append(line)
            line = " "
        line += f" {_value(value)},"
    return "[\n" + "\n".join([*lines, line]) + "\n]"
