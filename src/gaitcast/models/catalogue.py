"""All models side by side: what they can do and what they cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gaitcast.errors import GaitcastError
from gaitcast.models.base import Signature
from gaitcast.models.cost import cost
from gaitcast.models.registry import MODELS, build


def list_models(inputs: int, history: int, steps: int, rate_hz: float) -> list[dict[str, Any]]:
    """Every registered model for one set of shapes.

    Parameters
    ----------
    inputs : int
        Input channels; the target's own past comes on top for all models alike.
    history, steps : int
        Samples of a window, and forecast.
    rate_hz : float
        Sampling rate.

    Returns
    -------
    list of dict
        ``name``, ``summary``, ``parameters``, ``multiply_adds`` per prediction, ``receptive_field``
        in samples (None: all of the past), and flags: ``causal``, ``stateful``, ``covariates``,
        ``baseline``, ``reads`` (``window`` to one forecast, or ``sequence``), ``missing`` (what has
        to be installed first).
    """
    target = "right_ankle_angle_flexion"
    places = [f"{side}_{part}" for part in ("foot", "shank", "thigh") for side in ("right", "left")]
    names = [f"{p}_{q}_{a}" for p in places for q in ("acc", "gyr") for a in "xyz"]
    if inputs > len(names):
        raise GaitcastError(f"{inputs} inputs are more than this list can name ({len(names)})")
    usual = Signature((*names[:inputs], target), (target,), history, steps, rate_hz)
    # Newton's law is about force, and about the sensors that it needs.
    force = replace(
        usual,
        inputs=(*names, *(f"center_pelvis_acc_{axis}" for axis in "xyz")),
        targets=("right_foot_grf_z",),
    )
    rows = []
    for name, entry in MODELS.items():
        row: dict[str, Any] = {
            "name": name,
            "summary": entry.summary,
            "causal": entry.causal,
            "stateful": entry.stateful,
            "covariates": entry.takes_covariates,
            "baseline": entry.baseline,
            "reads": "sequence" if entry.stateful else "window",
            "parameters": None,
            "multiply_adds": None,
            "receptive_field": None,
            "missing": "",
        }
        try:
            price = cost(build(name, force if name == "newton" else usual))
        except GaitcastError as error:
            row["missing"] = str(error)
        else:
            row |= vars(price)
        rows.append(row)
    return rows
