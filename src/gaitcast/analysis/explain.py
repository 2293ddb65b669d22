"""What a fitted predictor leans on: channels taken away, shuffled, and followed by gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.scoring import mean_error
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.models import Signature
from gaitcast.models.base import StatefulForecaster
from gaitcast.pipeline import Pipeline
from gaitcast.study.fits import material
from gaitcast.study.jobs import Job
from gaitcast.study.planning import plan
from gaitcast.study.store import fit_folder
from gaitcast.study.workspace import Workspace
from gaitcast.tasks import Series, Span
from gaitcast.training import Predictor

#: Windows of one person that a windowed model is asked about, and that gradients are taken of.
_WINDOWS, _GRADIENTS = 1000, 64
_PATH_STEPS = 32


@dataclass(frozen=True)
class Explanation:
    """What a predictor leans on.

    Parameters
    ----------
    groups : pandas.DataFrame
        Per channel and per segment: ``kind`` (``channel`` or ``segment``), ``group``, and how much
        the MAE rises, mean over people: ``ablation`` (the group held at the training mean) and
        ``permutation`` (its past exchanged with that of other instants, block by block), each with
        ``_low`` and ``_high`` (95 % over people).
    unit : str
        Of the rises; ``SD`` with several targets of different units.
    gradients : pandas.DataFrame or None
        Integrated gradients of the farthest step (one column a channel, one row a sample of the
        past, the newest last): mean size, as shares of the whole. None without captum, and for
        models that have no gradient.
    attention : dict of str to numpy.ndarray
        Mean attention of models that have it: ``time`` (oldest first) or ``inputs``; sums to 1.
    """

    groups: pd.DataFrame
    unit: str
    gradients: pd.DataFrame | None
    attention: dict[str, np.ndarray]


def explain(
    pipeline: Pipeline, trained_on: Cohort, tested_on: Cohort, seed: int = 0
) -> Explanation:
    """Explain a fitted pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    trained_on : Cohort
        Where a channel's usual value is taken from.
    tested_on : Cohort
        Other participants, on whom errors are measured.
    seed : int
        Of the exchange.

    Returns
    -------
    Explanation
    """
    chain = pipeline.fitted.chain
    assemblies = [
        replace(pipeline.assemble(pipeline.at_rate(c)), chain=chain)
        for c in (trained_on, tested_on)
    ]
    train, test = (
        a.series({"test": [Span(r.trial, 0, len(r)) for r in a.cohort]})[0]["test"]
        for a in assemblies
    )
    predictor = pipeline.fitted.predictor
    return _together([_Asked(predictor, train, _by_person(assemblies[1].cohort, test))], seed)


def explain_fits(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], seed: int = 0
) -> Explanation:
    """Explain one predictor of a study over all participants that it was tested on.

    Parameters
    ----------
    workspace : Workspace
        The study, its data and the folder of its fits.
    fits : sequence of tuple of Job and str
        Folds and seeds of one predictor.
    seed : int
        Of the exchange.

    Returns
    -------
    Explanation
        On tested participants.

    Raises
    ------
    GaitcastError
        If there are no fits, or they were made on other recordings.
    """
    if not fits:
        raise GaitcastError("no fits to explain")
    asked = []
    for job, key in fits:
        ready = plan(workspace, job)
        if ready.key != key:
            raise GaitcastError(
                "the fit was made on other recordings or by another study",
                where=job.label,
                hint="Give the folder of recordings that the study was run on",
            )
        predictor = Pipeline.load(fit_folder(workspace, key)).fitted.predictor
        given = material(ready)
        asked.append(_Asked(predictor, given.train, _by_person(ready.cohort, given.test)))
    return _together(asked, seed)


@dataclass(frozen=True)
class _Asked:
    """A predictor, what it learned from, and what each tested participant walked."""

    predictor: Predictor
    train: Sequence[Series]
    people: Mapping[str, Sequence[Series]]


def _by_person(cohort: Cohort, series: Sequence[Series]) -> dict[str, list[Series]]:
    people: dict[str, list[Series]] = {}
    for one in series:
        people.setdefault(cohort[one.span.trial].subject, []).append(one)
    return people


def _together(asked: Sequence[_Asked], seed: int) -> Explanation:
    rises: list[dict[str, object]] = []
    gradients, attention = [], []
    for one in asked:
        usual = _Usual.of(one.train)
        for person, walked in one.people.items():
            thinned = _thinned(walked, one.predictor)
            found = _rises(one.predictor, thinned, usual, seed)
            rises += [{**row, "person": person} for row in found]
            windows = _some_windows(one.predictor, walked)
            gradients.append(_gradients(one.predictor, windows))
            attention.append(_attention(one.predictor, windows))
    shape = asked[-1].predictor.signature
    units = {Channel.parse(t).unit for t in shape.targets}
    return Explanation(
        _over_people(pd.DataFrame(rises)),
        units.pop() if len(units) == 1 else "SD",
        _as_table([g for g in gradients if g is not None], shape),
        {k: np.mean([a[k] for a in attention], axis=0) for k in attention[0]},
    )


def groups_of(shape: Signature) -> dict[tuple[str, str], list[int]]:
    """Columns that belong together.

    Parameters
    ----------
    shape : Signature
        Of the predictor.

    Returns
    -------
    dict of tuple of str to list of int
        ``("channel", name)`` and ``("segment", side and segment)`` to columns; what is known of the
        wearer is a channel.
    """
    names = [*shape.inputs, *shape.covariates]
    groups = {("channel", name): [k] for k, name in enumerate(names)}
    for number, name in enumerate(shape.inputs):
        channel = Channel.parse(name)
        segment = f"{channel.side} {channel.segment}"
        groups.setdefault(("segment", segment), []).append(number)
    return groups


def _thinned(series: Sequence[Series], predictor: Predictor) -> list[Series]:
    """Fewer windows for models that read each apart; a stateful one passes over all anyhow."""
    if predictor.forecaster.stateful:
        return list(series)
    every = max(1, sum(len(s) for s in series) // _WINDOWS)
    return [s.thinned(every) for s in series]


@dataclass(frozen=True)
class _Usual:
    """Mean of the features and SD of the targets over the training part."""

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, train: Sequence[Series]) -> _Usual:
        mean = np.concatenate([s.features for s in train]).mean(axis=0)
        return cls(mean, np.concatenate([s.known for s in train]).std(axis=0) + 1e-12)


def _rises(
    predictor: Predictor, series: Sequence[Series], usual: _Usual, seed: int
) -> list[dict[str, object]]:
    shape = predictor.signature
    units = {Channel.parse(t).unit for t in shape.targets}
    scale = np.ones(shape.n_targets) if len(units) == 1 else usual.spread
    before, rng = mean_error(predictor, series, scale), np.random.default_rng(seed)
    block = shape.span
    rows: list[dict[str, object]] = []
    for (kind, group), columns in groups_of(shape).items():
        held = [_changed(s, columns, _hold(usual.mean[columns])) for s in series]
        mixed = [_changed(s, columns, _exchange(rng, block)) for s in series]
        rows.append(
            {
                "kind": kind,
                "group": group,
                "ablation": mean_error(predictor, held, scale) - before,
                "permutation": mean_error(predictor, mixed, scale) - before,
            }
        )
    return rows


_Change = Callable[[np.ndarray], np.ndarray]


def _changed(series: Series, columns: list[int], change: _Change) -> Series:
    features = series.features.copy()
    features[:, columns] = change(features[:, columns])
    return replace(series, features=features)


def _hold(mean: np.ndarray) -> _Change:
    return lambda values: np.broadcast_to(mean, values.shape)


def _exchange(rng: np.random.Generator, block: int) -> _Change:
    def change(values: np.ndarray) -> np.ndarray:
        spans = np.array_split(np.arange(len(values)), max(2, len(values) // block))
        return values[np.concatenate([spans[k] for k in rng.permutation(len(spans))])]

    return change


def _over_people(rises: pd.DataFrame) -> pd.DataFrame:
    people = rises.groupby(["kind", "group", "person"], sort=False).mean().reset_index()
    rows = []
    for (kind, group), found in people.groupby(["kind", "group"], sort=False):
        row: dict[str, object] = {"kind": kind, "group": group}
        for what in ("ablation", "permutation"):
            row[what] = found[what].mean()
            row[f"{what}_low"], row[f"{what}_high"] = interval_over_people(found[what].tolist())
        rows.append(row)
    return pd.DataFrame(rows)


def _some_windows(predictor: Predictor, series: Sequence[Series]) -> Tensor:
    shape = predictor.signature
    windows = shape.windows(predictor.scaled(series))
    count = min(_GRADIENTS, len(windows))
    chosen = np.linspace(0, len(windows) - 1, count).round().astype(int)
    return torch.from_numpy(windows.batch(chosen)[0])


class _Farthest(nn.Module):
    """Farthest step of all targets (B, K) from windows (B, T, C), whatever the model is."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.forecaster = predictor.forecaster

    def forward(self, window: Tensor) -> Tensor:
        if isinstance(self.forecaster, StatefulForecaster):
            state = self.forecaster.initial_state(len(window))
            numbers = self.forecaster(window, state)[0][:, -1]
        else:
            numbers = self.forecaster(window)
        return self.forecaster.head.point(numbers)[:, -1]


def _gradients(predictor: Predictor, windows: Tensor) -> np.ndarray | None:
    """Mean size of integrated gradients (history, columns), over targets and windows."""
    try:
        from captum.attr import IntegratedGradients
    except ModuleNotFoundError:
        return None
    if not any(True for _ in predictor.forecaster.parameters()):
        return None
    method, sizes = IntegratedGradients(_Farthest(predictor)), []
    for target in range(predictor.signature.n_targets):
        found = method.attribute(
            windows.requires_grad_(), target=target, n_steps=_PATH_STEPS, internal_batch_size=256
        )
        sizes.append(found.detach().abs().mean(0).numpy())
    return np.asarray(np.mean(sizes, axis=0))


def _as_table(gradients: Sequence[np.ndarray], shape: Signature) -> pd.DataFrame | None:
    if not gradients:
        return None
    mean = np.mean(gradients, axis=0)
    table = pd.DataFrame(mean / max(mean.sum(), 1e-12), columns=[*shape.inputs, *shape.covariates])
    past_ms = (np.arange(len(table)) - len(table) + 1) * 1000 / shape.rate_hz
    return table.set_index(pd.Index(past_ms, name="past_ms"))


def _attention(predictor: Predictor, windows: Tensor) -> Mapping[str, np.ndarray]:
    with torch.inference_mode():
        found = predictor.forecaster.attention(windows)
    return {k: v.mean(0).numpy() for k, v in found.items()}
