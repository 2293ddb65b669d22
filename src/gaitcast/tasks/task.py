"""`Task`: target channels, input channels, history and horizon."""

from dataclasses import dataclass

from gaitcast.errors import GaitcastError


@dataclass(frozen=True)
class Task:
    """Forecast `targets` from past samples of `inputs`.

    Parameters
    ----------
    name : str
        As it stands in the results.
    targets : tuple of str
        Target channels, taken unfiltered from the recording.
    inputs : tuple of str
        Raw input channels or patterns; signal steps may derive more from them.
    history_ms : float
        Past that a windowed model sees, and that every model is given before it is scored.
    horizon_ms : float
        Forecasts cover every sample from the next one to this far ahead.
    """

    name: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    history_ms: float
    horizon_ms: float

    def samples(self, rate_hz: float) -> tuple[int, int]:
        """History and horizon in samples.

        Parameters
        ----------
        rate_hz : float
            Sampling rate.

        Returns
        -------
        tuple of int
            History and horizon, at least one each.

        Raises
        ------
        GaitcastError
            If either is shorter than one sample.
        """
        history = round(self.history_ms * rate_hz / 1000)
        horizon = round(self.horizon_ms * rate_hz / 1000)
        if history < 1 or horizon < 1:
            raise GaitcastError(
                f"history {self.history_ms:g} ms or horizon {self.horizon_ms:g} ms is shorter than "
                f"one sample at {rate_hz:g} Hz",
                where=f"task '{self.name}'",
            )
        return history, horizon
