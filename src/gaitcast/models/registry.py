"""Every model by name, with its capabilities."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch

from gaitcast.errors import GaitcastError, nearest
from gaitcast.models.base import ClosedFormForecaster, Forecaster, Network
from gaitcast.models.baselines import (
    Known,
    LastCycle,
    LinearExtrapolation,
    MeanCurve,
    NearestNeighbours,
    Persistence,
    Ridge,
    TrainMean,
    WearerRegression,
)
from gaitcast.models.bilstm import BiLSTM
from gaitcast.models.cnn import CNN
from gaitcast.models.cnn2d import CNN2D, CNN2DLSTM
from gaitcast.models.cnn_lstm import CNNLSTM, AttentionCNNLSTM
from gaitcast.models.gated_tcn import GatedTCN
from gaitcast.models.gru import GRU
from gaitcast.models.inception_time import InceptionTime
from gaitcast.models.kernel_ridge import KernelRidge
from gaitcast.models.local_linear import LocalLinear
from gaitcast.models.lru import LRU
from gaitcast.models.lstm import LSTM
from gaitcast.models.mlp import MLP
from gaitcast.models.newton import Newton
from gaitcast.models.phase_template import PhaseTemplate
from gaitcast.models.relative import Relative
from gaitcast.models.search_space import SPACES, Space
from gaitcast.models.signature import Signature
from gaitcast.models.tcn import TCN
from gaitcast.models.transformer import Transformer
from gaitcast.models.trees import BoostedTrees
from gaitcast.models.vision import InceptionV3, ResNet50
from gaitcast.models.wearer_adaptive import WearerAdaptive, WearerRecall
from gaitcast.seed import checked_seed

#: Models that use the targets' own past and nothing else.
_TARGETS_ALONE = (TrainMean, MeanCurve, Persistence, LinearExtrapolation, PhaseTemplate, LastCycle)
#: Models that learn nothing, and so learn nothing about the wearer either.
_UNTRAINED = (Newton,)
#: Default training of windowed networks.
_WINDOWED = {"learning_rate": 1e-3, "batch": 64, "max_epochs": 60, "patience": 12, "stride": 5}
#: Default training of large networks, which learn little more after some epochs here.
_PICTURES = {**_WINDOWED, "max_epochs": 8, "patience": 4, "stride": 20}
#: Default training of what learns from its wearer.
_ADAPTIVE = {
    "loss": "mae",
    "batch": 8,
    "max_epochs": 25,
    "patience": 0,
    "from_start": 0.12,
    "together": 4,
    "size": 0.15,
    "segment_ms": 10_000.0,
    "burn_in_ms": 2000.0,
    "weight_decay": 1e-2,
}
_STATEFUL = {"loss": "mae", "batch": 16, "max_epochs": 22, "patience": 22}


@dataclass(frozen=True)
class ModelSpec:
    """A registered model.

    Parameters
    ----------
    name : str
        Used in study files and results.
    make : type of Forecaster
        Called with a signature and options.
    causal : bool
        Whether a forecast depends on the past only.
    baseline : bool
        Whether it is one of the naive predictors that other models must beat.
    training : dict of str to object
        Its defaults of :class:`gaitcast.training.Training`.
    """

    name: str
    summary: str
    make: type[Forecaster]
    causal: bool = True
    baseline: bool = False
    training: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stateful(self) -> bool:
        """Whether it carries state from sample to sample."""
        return self.make.stateful

    @property
    def takes_covariates(self) -> bool:
        """Whether covariates of the wearer can change a forecast."""
        return self.make not in (*_TARGETS_ALONE, *_UNTRAINED)

    @property
    def by_formula(self) -> bool:
        """Whether it is not trained by gradient."""
        return not self.make.by_gradient

    @property
    def learns_from_wearer(self) -> bool:
        """Whether it goes on learning while it is worn."""
        return self.make.learns_from_wearer

    @property
    def gives_points(self) -> bool:
        """Whether its forecasts are points, and never quantiles or distributions."""
        return not issubclass(self.make, Network)

    @property
    def space(self) -> Space:
        """What a search chooses where the study does not say; empty if nothing is worth one."""
        return SPACES.get(self.name, {})

    @property
    def options(self) -> dict[str, object]:
        """Options it takes, with their defaults."""
        parameters = [*inspect.signature(self.make).parameters.values()][1:]
        return {p.name: p.default for p in parameters}


#: Every model by name: what ``Pipeline(model=...)`` takes and ``gaitcast models`` lists.
MODELS: dict[str, ModelSpec] = {
    model.name: model
    for model in (
        ModelSpec("train-mean", "mean of the training targets", TrainMean, baseline=True),
        ModelSpec("mean-curve", "mean future, step by step", MeanCurve, baseline=True),
        ModelSpec("known", "a covariate taken as the answer", Known, baseline=True),
        ModelSpec("newton", "Newton on the segments, untrained", Newton, baseline=True),
        ModelSpec("wearer-regression", "mean by mass, height ...", WearerRegression, baseline=True),
        ModelSpec("persistence", "present value held", Persistence, baseline=True),
        ModelSpec("linear-extrapolation", "present slope held", LinearExtrapolation, baseline=True),
        ModelSpec("phase-template", "mean cycle, laid over the past", PhaseTemplate, baseline=True),
        ModelSpec("last-cycle", "last gait cycle repeated", LastCycle, baseline=True),
        ModelSpec("ridge", "linear map of the window", Ridge, baseline=True),
        ModelSpec("knn", "mean future of similar moments", NearestNeighbours, baseline=True),
        ModelSpec("local-linear", "line through similar moments", LocalLinear, baseline=True),
        ModelSpec(
            "bilstm",
            "windowed Bi-LSTM of Zare 2025",
            BiLSTM,
            training={
                "learning_rate": 1e-3,
                "batch": 64,
                "max_epochs": 500,
                "patience": 40,
                "halve_after": 15,
                "loss": "mse",
                "stride": 20,
                "precision": "bf16-mixed",
            },
        ),
        ModelSpec("mlp", "dense layers on the window", MLP, training=_WINDOWED),
        ModelSpec("cnn", "1-D CNN of Zhu 2021", CNN, training=_WINDOWED),
        ModelSpec("cnn2d", "2-D CNN, time by channels", CNN2D, training=_WINDOWED),
        ModelSpec("lstm", "windowed LSTM", LSTM, training=_WINDOWED),
        ModelSpec("cnn-lstm", "CNN-LSTM of Zhu 2021", CNNLSTM, training=_WINDOWED),
        ModelSpec(
            "cnn-lstm-attention",
            "CNN-LSTM with attention of Zhu 2021",
            AttentionCNNLSTM,
            training=_WINDOWED,
        ),
        ModelSpec("cnn2d-lstm", "2-D CNN, then LSTM", CNN2DLSTM, training=_WINDOWED),
        ModelSpec("inception-time", "InceptionTime", InceptionTime, training=_WINDOWED),
        ModelSpec("resnet50", "ResNet-50 on the window as a picture", ResNet50, training=_PICTURES),
        ModelSpec(
            "inceptionv3",
            "Inception-v3 on the window as a picture",
            InceptionV3,
            training=_PICTURES,
        ),
        ModelSpec("trees", "gradient-boosted trees on the window", BoostedTrees),
        ModelSpec("kernel-ridge", "smooth map by similarity of windows", KernelRidge),
        ModelSpec("gru", "stateful causal GRU", GRU, training=_STATEFUL),
        ModelSpec("tcn", "stateful causal TCN", TCN, training=_STATEFUL),
        ModelSpec("gated-tcn", "stateful causal TCN with gates", GatedTCN, training=_STATEFUL),
        ModelSpec("transformer", "causal Transformer, cached", Transformer, training=_STATEFUL),
        ModelSpec("lru", "linear recurrent unit (state space)", LRU, training=_STATEFUL),
        ModelSpec(
            "wearer-adaptive",
            "memory, network and head that learn from their wearer",
            WearerAdaptive,
            training=_ADAPTIVE,
        ),
        ModelSpec("wearer-memory", "memory and head that learn from their wearer", WearerRecall),
    )
}


def spec(name: str) -> ModelSpec:
    """Look a model up.

    Parameters
    ----------
    name : str
        A key of :data:`MODELS`.

    Raises
    ------
    GaitcastError
        If it is unknown; the hint is the nearest name.
    """
    if name not in MODELS:
        raise GaitcastError(f"unknown model '{name}'", hint=nearest(name, [*MODELS]))
    return MODELS[name]


def build(
    name: str, signature: Signature, options: Mapping[str, object] | None = None, seed: int = 0
) -> Forecaster:
    """Make a model with weights drawn from a seed.

    Parameters
    ----------
    name : str
        A key of :data:`MODELS`.
    options : dict, optional
        Options of the model; see :attr:`ModelSpec.options`.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    Forecaster
        Untrained, in evaluation mode.

    Raises
    ------
    GaitcastError
        If the model or an option is unknown, or the seed is outside 0 to 4294967295.
    """
    entry, seed = spec(name), checked_seed(seed, f"model '{name}'")
    for option in options or {}:
        if option not in entry.options:
            raise GaitcastError(
                f"model '{name}' has no option '{option}'",
                hint=nearest(option, [*entry.options]) if entry.options else "It takes none",
            )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        forecaster = entry.make(signature, **(options or {}))
    if signature.relative:
        if signature.first < 1:
            raise GaitcastError(
                "changes from the present need a forecast of the future",
                where=f"model '{name}', relative",
                hint="Ask for a horizon of at least one sample",
            )
        signature.target_columns(name)
        if isinstance(forecaster, ClosedFormForecaster) and forecaster.fits_windows:
            forecaster = Relative(forecaster, name)
        elif not isinstance(forecaster, Network):
            raise GaitcastError("forecasts no changes", where=f"model '{name}', relative")
    return forecaster.eval()
