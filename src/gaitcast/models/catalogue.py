"""All models with their capabilities and costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gaitcast.errors import GaitcastError
from gaitcast.models.cost import cost
from gaitcast.models.registry import MODELS, build
from gaitcast.models.signature import Signature


def list_models(inputs: int, history: int, steps: int, rate_hz: float) -> list[dict[str, Any]]:
    """Every registered model, for one set of shapes.

    Parameters
    ----------
    inputs : int
        Number of input channels; the target's own past is added for all models.
    history, steps : int
        Samples of a window, and samples ahead.

    Returns
    -------
    list of dict
        ``name``, ``summary``, ``parameters``, ``multiply_adds`` per prediction, ``receptive_field``
        in samples (None: all of the past), and flags: ``causal``, ``stateful``, ``covariates``,
        ``baseline``, ``reads`` (``window`` for one forecast, or ``sequence``), ``missing`` (what
        must be installed first).
    """
    target = "right_ankle_angle_flexion"
    places = [f"{side}_{part}" for part in ("foot", "shank", "thigh") for side in ("right", "left")]
    names = [f"{p}_{q}_{a}" for p in places for q in ("acc", "gyr") for a in "xyz"]
    if inputs > len(names):
        raise GaitcastError(f"{inputs} inputs are more than this list can name ({len(names)})")
    usual = Signature((*names[:inputs], target), (target,), history, steps, rate_hz)
    # Newton's law gives forces, and needs its own sensors.
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
            counted = cost(build(name, force if name == "newton" else usual))
        except GaitcastError as error:
            row["missing"] = str(error)
        else:
            row |= vars(counted)
        rows.append(row)
    return rows
