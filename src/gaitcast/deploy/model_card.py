"""The page about a bundle that a person reads: ``README.md`` with a YAML head."""

from __future__ import annotations

import yaml

from gaitcast.runtime import Card
from gaitcast.runtime.bundle import INTERVAL_LEVEL


def model_card(card: Card) -> str:
    """Write what a bundle is, what it takes, and how well it did.

    Parameters
    ----------
    card : Card
        Of the bundle.

    Returns
    -------
    str
        Markdown; the head has the fields that model hubs read.
    """
    head = {
        "library_name": "gaitcast",
        "tags": ["gait", "biomechanics", "time-series-forecasting", "onnx"],
        "pipeline_tag": "time-series-forecasting",
        "metrics": ["mae"],
        "model_name": card.name,
    }
    lines = ["---", yaml.safe_dump(head, sort_keys=False).strip(), "---", f"# {card.name}", ""]
    lines += [_first_line(card), "", "## Input", ""]
    lines += [_table(("channel", "unit"), zip(card.channels, card.units, strict=True)), ""]
    lines += [f"In this order, at {card.raw_hz:g} Hz; the graph runs at {card.rate_hz:g} Hz. "]
    if card.covariates:
        lines += [f"Of the wearer it takes: {', '.join(card.covariates)}."]
    for channel, late_ms in card.measured_ms.items():
        lines += [f"`{channel}` has to be measured while it is worn, and be {late_ms:g} ms late."]
    lines += ["", "## Forecast", ""]
    lines += [_table(("target", "unit"), zip(card.targets, card.target_units, strict=True)), ""]
    near, far = (1000 * step / card.rate_hz for step in (card.first, card.horizon))
    lines += [
        f"{_ahead(near, far)}, from sample {card.warmup} of a walk on. What the "
        f"filters delay is part of that: {1000 * card.delay_s:.0f} ms."
    ]
    lines += ["", "## People", "", f"Trained on {len(card.trained_on)} participants."]
    if card.adapted_to:
        lines += [f"Adapted to {len(card.adapted_to)}: it is theirs, and not for others."]
    if card.learnt:
        lines += ["It goes on learning from its wearer; a profile keeps that between sessions."]
    lines += ["", "## Errors", "", *_errors(card), "", "## Limits", ""]
    lines += [
        "No medical device. Made for people, sensors and places on the body like those it was "
        "trained on; what others cost is in gaitcast's documentation."
    ]
    return "\n".join(lines) + "\n"


def _ahead(near: float, far: float) -> str:
    if near != far:
        return f"From {near:g} to {far:g} ms ahead"
    return (
        f"{far:g} ms ahead"
        if far > 0
        else "Of the present instant"
        if far == 0
        else (f"Of {-far:g} ms ago")
    )


def _first_line(card: Card) -> str:
    model, study = card.study.get("model"), card.study.get("study")
    graph = "ne ONNX graph from raw sample to forecast in physical units."
    if not model:
        return f"O{graph}"
    return f"`{model}`{f' of the study `{study}`' if study else ''}, o{graph}"


def _errors(card: Card) -> list[str]:
    scores = card.study.get("scores") or {}
    rows = [
        (person, target, f"{values['mae']:.3g}", f"{values['rmse']:.3g}", f"{values['r2']:.2f}")
        for person, of in scores.items()
        for target, values in of.items()
    ]
    if not rows:
        return ["None is known: no participant was left out."]
    table = _table(("participant who trained nothing", "target", "MAE", "RMSE", "R2"), rows)
    if card.half_width:
        widest = ", ".join(f"{width:.3g}" for width in card.half_width[-1])
        table += (
            f"\n\nAt the farthest step {INTERVAL_LEVEL:.0%} of new people's truth is within "
            f"+-{widest} of the forecast."
        )
    return [table]


def _table(names: tuple[str, ...], rows: object) -> str:
    lines = [names, ("---",) * len(names), *rows]  # type: ignore[misc]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
