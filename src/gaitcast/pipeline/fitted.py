"""What a fit adds to a pipeline, and how both are kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gaitcast.deploy import Origin
from gaitcast.errors import GaitcastError, nearest
from gaitcast.options import build_options
from gaitcast.runtime.rate import low_pass_for
from gaitcast.signal import STEPS, Chain, Step
from gaitcast.training import Augmentation, Predictor
from gaitcast.training.fit import FitReport

#: Files that a saved pipeline consists of.
PIPELINE_FILES = ("pipeline.json", "predictor.json", "weights.safetensors")


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit adds to a pipeline.

    Parameters
    ----------
    chain : Chain
        Signal steps, bound to the raw channels.
    predictor : Predictor
        Model and scalers.
    origin : Origin
        Who trained it, who stopped the training, at which raw rate.
    report : FitReport
        Losses by epoch.
    """

    chain: Chain
    predictor: Predictor
    origin: Origin
    report: FitReport = field(default_factory=FitReport)

    @property
    def adapter_delay_s(self) -> float:
        """Group delay of the low-pass at the raw rate it was fitted on; 0 without one."""
        if not self.origin.resample:
            return 0.0
        low_pass = low_pass_for(self.origin.raw_hz, self.predictor.signature.rate_hz)
        return 0.0 if low_pass is None else low_pass.delay_s

    def write(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Write :data:`PIPELINE_FILES` into an existing folder.

        Parameters
        ----------
        folder : Path
        settings : dict
            Of the pipeline, by the names of its parameters.
        """
        self.predictor.save(folder)
        content = {
            "settings": _as_plain(settings),
            "steps": _plain_steps(self.chain.steps),
            "raw_channels": list(self.chain.inputs),
            "origin": asdict(self.origin),
        }
        text = json.dumps(content, indent=1)
        (folder / "pipeline.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> tuple[dict[str, Any], Fitted]:
        """Read what :meth:`write` wrote.

        Parameters
        ----------
        folder : Path

        Returns
        -------
        tuple of dict and Fitted
            Settings of the pipeline first.

        Raises
        ------
        GaitcastError
            If a file is missing or damaged.
        """
        predictor = Predictor.load(folder)
        try:
            content = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
            settings = _from_plain(content["settings"], str(folder))
            rate_hz = predictor.signature.rate_hz
            learned = content.get("steps", content["settings"]["steps"])
            steps = [make_step(entry, str(folder)) for entry in learned]
            chain = Chain(steps, tuple(content["raw_channels"]), rate_hz)
            lists = {k: tuple(v) for k, v in content["origin"].items() if isinstance(v, list)}
            return settings, cls(chain, predictor, Origin(**{**content["origin"], **lists}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise GaitcastError(
                "this pipeline is damaged", where=str(folder), hint="Fit it again"
            ) from error


def _as_plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    steps = _plain_steps(settings["steps"])
    augment = asdict(settings["augment"]) if settings["augment"] else None
    return {**settings, "steps": steps, "augment": augment}


def _plain_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"step": step.name, **asdict(step)} for step in steps]


def _from_plain(plain: Mapping[str, Any], where: str) -> dict[str, Any]:
    steps = [make_step(entry, where) for entry in plain["steps"]]
    augment = build_options(Augmentation, plain["augment"], where) if plain["augment"] else None
    return {**plain, "steps": steps, "augment": augment}


def make_step(entry: Mapping[str, Any], where: str) -> Step:
    """A signal step from a table such as ``{step = "butterworth", cutoff_hz = 20}``.

    Parameters
    ----------
    entry : dict
    where : str
        Named in errors.

    Returns
    -------
    Step

    Raises
    ------
    GaitcastError
        If the step or one of its options is unknown.
    """
    values = dict(entry)
    kind = str(values.pop("step", ""))
    if kind not in STEPS:
        raise GaitcastError(f"unknown step '{kind}'", where=where, hint=nearest(kind, [*STEPS]))
    return build_options(STEPS[kind], values, f"{where}, step '{kind}'")
