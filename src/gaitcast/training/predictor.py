"""`Predictor`: scalers and model as one thing that forecasts in physical units."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from gaitcast.errors import GaitcastError
from gaitcast.models import ClosedFormForecaster, Forecaster, Signature, build
from gaitcast.models.base import State, StatefulForecaster
from gaitcast.tasks import Scaler, Series
from gaitcast.tasks.mapped_rows import mapped_like

_BATCH = 512
#: Before the names of what was learnt, among the weights.
_LEARNT = "learnt."


@dataclass(eq=False)
class Predictor:
    """A fitted model with the scalers it was fitted with.

    Parameters
    ----------
    model : str
        Registry name.
    options : dict
        It was built with.
    forecaster : Forecaster
        Fitted, in evaluation mode.
    feature_scaler, target_scaler : Scaler
        Fitted on training rows.
    learnt : dict of str to Tensor
        What a model that learns from its wearer begins with, by the names of
        :attr:`gaitcast.models.base.StatefulForecaster.kept`; empty for what it was trained as.
    """

    model: str
    options: dict[str, object]
    forecaster: Forecaster
    feature_scaler: Scaler
    target_scaler: Scaler
    learnt: State = field(default_factory=dict)

    @property
    def signature(self) -> Signature:
        """What the model was built for."""
        return self.forecaster.signature

    @property
    def covariate_range(self) -> dict[str, tuple[float, float]]:
        """Least and largest of each covariate among the training people; empty without any."""
        scaler, names = self.feature_scaler, self.signature.covariates
        if scaler.low is None or scaler.high is None or not names:
            return {}
        ends = zip(names, scaler.low[-len(names) :], scaler.high[-len(names) :], strict=True)
        return {name: (float(low), float(high)) for name, low, high in ends}

    def scaled(self, series: Sequence[Series]) -> list[Series]:
        """Scale features and targets.

        Parameters
        ----------
        series : sequence of Series
            Physical units.

        Returns
        -------
        list of Series
            Scaled, float32.
        """
        return mapped_like(
            series,
            (
                replace(
                    s,
                    features=self.feature_scaler.apply(s.features).astype(np.float32),
                    targets=self.target_scaler.apply(s.targets).astype(np.float32),
                )
                for s in series
            ),
        )

    def forecasts(self, series: Sequence[Series]) -> Iterator[tuple[Series, np.ndarray]]:
        """Point forecast at every sample of a series that has a full history and a known future.

        Parameters
        ----------
        series : sequence of Series
            Physical units; those too short for one window are passed over.

        Yields
        ------
        tuple of Series and numpy.ndarray, shape (n, steps, targets)
            Row ``i`` is made at the end of window ``i`` at stride 1, in physical units.
        """
        for raw, numbers in self._run(series):
            yield raw, self.target_scaler.invert(self.forecaster.head.point(numbers).numpy())

    def bounded(
        self, series: Sequence[Series]
    ) -> Iterator[tuple[Series, np.ndarray, np.ndarray, np.ndarray]]:
        """Point forecasts with a lower and an upper bound.

        Parameters
        ----------
        series : sequence of Series
            Physical units.

        Yields
        ------
        tuple of Series and three numpy.ndarray, shape (n, steps, targets)
            Point, low and high: the outermost quantiles of a head that has any, else three times
            the point; rows as in :meth:`forecasts`.
        """
        head = self.forecaster.head
        for raw, numbers in self._run(series):
            point = self.target_scaler.invert(head.point(numbers).numpy())
            if head.size == 1:
                yield raw, point, point, point
            else:
                levels = head.quantiles(numbers)
                low, high = (self.target_scaler.invert(levels[..., k].numpy()) for k in (0, -1))
                yield raw, point, low, high

    def quantiles(self, series: Sequence[Series]) -> Iterator[tuple[Series, np.ndarray]]:
        """Quantiles instead of points, for models with a quantile or Gaussian head.

        Parameters
        ----------
        series : sequence of Series
            Physical units.

        Yields
        ------
        tuple of Series and numpy.ndarray, shape (n, steps, targets, levels)
            At :data:`gaitcast.models.LEVELS`, rows as in :meth:`forecasts`.
        """
        for raw, numbers in self._run(series):
            scaled = self.forecaster.head.quantiles(numbers).numpy()
            yield raw, np.moveaxis(self.target_scaler.invert(np.moveaxis(scaled, -1, 0)), 0, -1)

    def forecast(self, segments: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Point forecasts of a wearer's segments, also where the future is not known yet.

        Parameters
        ----------
        segments : sequence of numpy.ndarray, shape (n, columns)
            Uninterrupted, one after the other; physical units.

        Returns
        -------
        list of numpy.ndarray, shape (n - history + 1, steps, targets)
            Made at each sample from the first full history on, in physical units; empty for a
            segment shorter than that.
        """
        made, learnt = [], self.learnt
        for features in segments:
            scaled = self.feature_scaler.apply(features).astype(np.float32)
            ends = np.arange(self.signature.history - 1, len(scaled))
            numbers, learnt = self._numbers(scaled, ends, learnt)
            made.append(self.target_scaler.invert(self.forecaster.head.point(numbers).numpy()))
        return made

    def learn(self, series: Sequence[Series]) -> None:
        """Learn of a wearer by forecasting for them: what is learnt becomes its beginning.

        Parameters
        ----------
        series : sequence of Series
            Of one participant, physical units, one after the other.
        """
        for scaled in self.scaled(series):
            _, self.learnt = self._numbers(scaled.features, np.arange(0), self.learnt)

    def _run(self, series: Sequence[Series]) -> Iterator[tuple[Series, Tensor]]:
        learnt, person = self.learnt, ""
        for raw, scaled in zip(series, self.scaled(series), strict=True):
            if raw.person != person or not person:
                learnt, person = self.learnt, raw.person
            windows = self.signature.windows([scaled])
            if len(windows):
                numbers, learnt = self._numbers(scaled.features, windows.ends(0), learnt)
                yield raw, numbers

    @torch.inference_mode()
    def _numbers(self, scaled: np.ndarray, ends: np.ndarray, learnt: State) -> tuple[Tensor, State]:
        """What the model gives for windows that end at some rows, and what it has learnt then.

        ``learnt`` is of the same wearer's earlier recordings.
        """
        if isinstance(self.forecaster, StatefulForecaster):
            # What learns from its wearer does so to the end of the recording.
            rows = len(scaled) if self.forecaster.kept or not len(ends) else ends[-1] + 1
            state = self.forecaster.initial_state(1) | learnt
            numbers, state = self.forecaster(torch.from_numpy(scaled[None, :rows]), state)
            return numbers[0][ends], {name: state[name] for name in self.forecaster.kept}
        if not len(ends):
            return torch.zeros(0, *self.signature.output_shape), {}
        view = np.lib.stride_tricks.sliding_window_view(scaled, self.signature.history, axis=0)
        windows, starts = view.transpose(0, 2, 1), ends - self.signature.history + 1
        parts = [
            self.forecaster(torch.from_numpy(np.array(windows[starts[i : i + _BATCH]])))
            for i in range(0, len(starts), _BATCH)
        ]
        return torch.cat(parts), {}

    def save(self, folder: str | Path) -> None:
        """Write ``predictor.json`` and ``weights.safetensors``.

        Parameters
        ----------
        folder : str or Path
            Existing.
        """
        folder = Path(folder)
        model = self.forecaster
        kept = model.packed() if isinstance(model, ClosedFormForecaster) else model.state_dict()
        tensors = {k: v.detach().contiguous() for k, v in kept.items()}
        tensors |= {f"{_LEARNT}{k}": v.contiguous() for k, v in self.learnt.items()}
        weights = save(tensors or {"empty": torch.zeros(1)})
        (folder / "weights.safetensors").write_bytes(weights)  # save_file hides a full disk
        content = {
            "model": self.model,
            "options": self.options,
            "signature": asdict(self.signature),
            "feature_scaler": _lists(self.feature_scaler),
            "target_scaler": _lists(self.target_scaler),
        }
        (folder / "predictor.json").write_text(json.dumps(content, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Predictor:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        folder : str or Path
            Holding both files.

        Returns
        -------
        Predictor
            Same forecasts as the saved one.

        Raises
        ------
        GaitcastError
            If a file is missing or damaged.
        """
        folder = Path(folder)
        try:
            content = json.loads((folder / "predictor.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "weights.safetensors")
            return cls._rebuilt(content, tensors)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise GaitcastError(
                "this predictor is damaged", where=str(folder), hint="Fit it again"
            ) from error

    @classmethod
    def _rebuilt(cls, content: dict[str, Any], tensors: dict[str, Tensor]) -> Predictor:
        shape: dict[str, Any] = content["signature"]
        lists = {k: tuple(v) for k, v in shape.items() if isinstance(v, list)}
        signature = Signature(**{**shape, **lists})
        forecaster = build(content["model"], signature, content["options"])
        tensors.pop("empty", None)
        learnt = {k: tensors.pop(k) for k in [*tensors] if k.startswith(_LEARNT)}
        learnt = {k.removeprefix(_LEARNT): v for k, v in learnt.items()}
        if not all(bool(t.isfinite().all()) for t in tensors.values()):
            raise ValueError("a weight is not a number")
        if isinstance(forecaster, ClosedFormForecaster):
            forecaster.restore(tensors)
        else:
            forecaster.load_state_dict(tensors)
        features, targets = (
            Scaler(**{k: np.array(v, float) for k, v in content[kind].items()})
            for kind in ("feature_scaler", "target_scaler")
        )
        if features.scale.shape != (signature.n_columns,) or not features.scale.all():
            raise ValueError("the scaler does not fit the inputs")
        if targets.scale.shape != (signature.n_targets,):
            raise ValueError("the scaler does not fit the targets")
        return cls(content["model"], content["options"], forecaster, features, targets, learnt)


def _lists(scaler: Scaler) -> dict[str, list[float]]:
    return {k: v.tolist() for k, v in vars(scaler).items() if v is not None}
