"""How a network is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval

from gaitcast.models import spec
from gaitcast.options import options


@options
class Training:
    """How a network is trained; each model has its own defaults in the registry.

    Parameters
    ----------
    max_epochs : int
        At most so many epochs.
    patience : int
        Stop after so many epochs without a better validation error. 0: nothing stops the training
        before `max_epochs`, and the validation part is trained on like the rest.
    learning_rate : float
        Of Adam, at the start.
    halve_after : int
        Halve the rate after so many epochs without a better validation error; 0 lets it fall to
        nothing along a cosine over `max_epochs`.
    loss : str
        ``mse`` or ``mae``, over all steps ahead; quantile and Gaussian heads have their own.
    batch : int
        Windows, or segments, per batch.
    stride : int
        Samples between training windows (windowed models).
    segment_ms : float
        Length of a training segment (stateful models).
    from_start : float
        Share of the segments that begin where their recording does (stateful models).
    together : int
        So many segments in a row are of one series and one size (stateful models).
    size : float
        Of the logarithm of a factor on all that a segment holds, as it is scaled: a larger or
        smaller movement; its standard deviation (stateful models).
    burn_in_ms : float
        First part of a segment that bears no loss (stateful models).
    batches : int
        Batches per epoch (stateful models).
    weight_decay : float
        Of AdamW.
    precision : str
        Lightning precision; bf16 gives way to float32 where the hardware lacks it.
    adapt_epochs : int
        Epochs on a new person's calibration, where a split gives one.
    adapt_rate : float
        Learning rate of these, relative to `learning_rate`.
    """

    max_epochs: Annotated[int, Gt(0)] = 60
    patience: Annotated[int, Ge(0)] = 20
    learning_rate: Annotated[float, Interval(gt=0, le=10)] = 3e-3
    halve_after: Annotated[int, Ge(0)] = 0
    loss: Literal["mse", "mae"] = "mse"
    batch: Annotated[int, Gt(0)] = 32
    stride: Annotated[int, Gt(0)] = 1
    segment_ms: Annotated[float, Gt(0)] = 5000.0
    from_start: Annotated[float, Interval(ge=0, le=1)] = 0.0
    together: Annotated[int, Gt(0)] = 1
    size: Annotated[float, Interval(ge=0, le=0.5)] = 0.0
    burn_in_ms: Annotated[float, Ge(0)] = 1000.0
    batches: Annotated[int, Gt(0)] = 20
    weight_decay: Annotated[float, Ge(0)] = 0.0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    adapt_epochs: Annotated[int, Ge(0)] = 5
    adapt_rate: Annotated[float, Gt(0)] = 0.2


def settings(model: str, changes: Mapping[str, Any] | None = None) -> Training:
    """How a model is trained: its own defaults, and what a study changes.

    Parameters
    ----------
    model : str
        Registry name.
    changes : dict, optional
        Fields of :class:`Training`.

    Returns
    -------
    Training
        Complete.
    """
    merged: dict[str, Any] = {**spec(model).training, **(changes or {})}
    return Training(**merged)
