"""`Task`: target channels, input channels, history and horizon."""

from typing import Annotated, Literal

from annotated_types import Interval, Len

from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.tasks.covariates import PREFIX


@options
class Task:
    """Forecast `targets` from past samples of `inputs`.

    Parameters
    ----------
    name : str
        As it stands in the results.
    targets : tuple of str
        Target channels, taken unfiltered from the recording.
    inputs : tuple of str
        Raw input channels or patterns; signal steps may derive more from them. ``wearer:mass_kg``
        is something known of the person instead.
    history_ms : float
        Past that a windowed model sees, and that every model is given before it is scored.
    horizon_ms : float
        How far ahead; with `output` ``last`` 0 is an estimate of the present and less than that one
        of the past, within the history.
    output : str
        ``all`` samples from the next one to the horizon, the ``last`` alone, or every sample of
        the ``window`` itself (a whole curve from a whole curve; its horizon is 0).
    """

    name: str
    targets: Annotated[tuple[str, ...], Len(1)]
    inputs: tuple[str, ...]
    history_ms: Annotated[float, Interval(gt=0, le=600_000)]
    horizon_ms: Annotated[float, Interval(ge=-60_000, le=60_000)]
    output: Literal["all", "last", "window"] = "all"

    @property
    def channels(self) -> tuple[str, ...]:
        """Inputs that are channels."""
        return tuple(name for name in self.inputs if not name.startswith(PREFIX))

    @property
    def covariates(self) -> tuple[str, ...]:
        """Inputs that are covariates of the participant."""
        known = (n.removeprefix(PREFIX) for n in self.inputs if n.startswith(PREFIX))
        return tuple(dict.fromkeys(known))

    def first(self, history: int, horizon: int) -> int:
        """Nearest step that is asked for.

        Parameters
        ----------
        history, horizon : int
            From :meth:`samples`.

        Returns
        -------
        int
            Samples ahead; negative where the past of the window is asked for.
        """
        return {"all": 1, "last": horizon, "window": 1 - history}[self.output]

    def samples(self, rate_hz: float) -> tuple[int, int]:
        """History and horizon in samples.

        Parameters
        ----------
        rate_hz : float
            Sampling rate.

        Returns
        -------
        tuple of int
            History, at least one, and horizon, at least one where `output` is ``all``.

        Raises
        ------
        GaitcastError
            If either is shorter than one sample (0 ms is the present), or the horizon lies before
            the history.
        """
        history = round(self.history_ms * rate_hz / 1000)
        horizon = round(self.horizon_ms * rate_hz / 1000)
        if horizon <= -history < 0:
            raise GaitcastError(
                f"horizon {self.horizon_ms:g} ms lies before the history of {self.history_ms:g} ms",
                where=f"task '{self.name}'",
                hint="Lengthen history_ms",
            )
        present = self.horizon_ms == 0 and self.output != "all"
        if history < 1 or (horizon == 0 and not present):
            raise GaitcastError(
                f"history {self.history_ms:g} ms or horizon {self.horizon_ms:g} ms is shorter than "
                f"one sample at {rate_hz:g} Hz",
                where=f"task '{self.name}'",
            )
        return history, horizon
