"""What a model is built for: channels, shapes and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaitcast.errors import GaitcastError
from gaitcast.models.heads import HEADS, HeadName
from gaitcast.tasks import Series, Windows


@dataclass(frozen=True)
class Signature:
    """Channels, shapes and rate that a model is built for.

    Parameters
    ----------
    inputs : tuple of str
        Feature channels, after the signal steps.
    history, horizon : int
        Samples.
    first : int
        Nearest step that is forecast: 1 for all up to `horizon`, `horizon` for that one alone, 0
        for an estimate of the present, negative for one of the past.
    covariates : tuple of str
        Names of the wearer's covariates; constant columns after the features.
    head : str
        ``point``, ``quantile`` or ``gaussian``.
    relative : bool
        Whether the model forecasts changes from the present, which are then added to it; the inputs
        must contain the targets.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    history: int
    horizon: int
    rate_hz: float
    first: int = 1
    covariates: tuple[str, ...] = ()
    head: HeadName = "point"
    relative: bool = False

    @property
    def n_inputs(self) -> int:
        """Number of features."""
        return len(self.inputs)

    @property
    def n_columns(self) -> int:
        """Features and covariates, C."""
        return len(self.inputs) + len(self.covariates)

    @property
    def n_steps(self) -> int:
        """Number of steps ahead, S."""
        return self.horizon - self.first + 1

    @property
    def span(self) -> int:
        """Number of samples that a window and its targets cover."""
        return self.history + max(self.horizon, 0)

    @property
    def whole(self) -> bool:
        """Whether a target is wanted at every sample of the window: a curve from a curve."""
        return self.first < 0 <= self.horizon

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one forecast: (S, K) or (S, K, size)."""
        size = HEADS[self.head].size
        return (self.n_steps, self.n_targets, *([size] if self.head != "point" else []))

    @property
    def n_targets(self) -> int:
        """Number of targets, K."""
        return len(self.targets)

    def windows(self, series: Sequence[Series], stride: int = 1) -> Windows:
        """Windows of this shape over some series.

        Parameters
        ----------
        series : sequence of Series
            Scaled or in physical units.
        stride : int
            Samples between the ends of consecutive windows.

        Returns
        -------
        Windows
            Series too short for one window are left out.
        """
        return Windows(series, self.history, self.horizon, stride, self.first)

    def target_columns(self, model: str) -> list[int]:
        """Columns of the targets' own past among the inputs.

        Parameters
        ----------
        model : str
            Its name, for the error.

        Returns
        -------
        list of int
            One index per target.

        Raises
        ------
        GaitcastError
            If a target is not an input.
        """
        for target in self.targets:
            if target not in self.inputs:
                raise GaitcastError(
                    f"needs the past of the target '{target}' as an input",
                    where=f"model '{model}'",
                    hint="Use inputs that contain it",
                )
        return [self.inputs.index(target) for target in self.targets]
