"""A bundle, and others that do without a sensor, for the time in which it is gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.forecast import Forecast


class Relay:
    """Feeds several engines at once and gives the forecast of the first whose input is good.

    Parameters
    ----------
    engine : Engine
        Of the bundle that is used while all sensors work.
    fallbacks : sequence of Engine
        In order of preference; each takes some of the first one's channels and forecasts the same
        targets at the same instants.

    Raises
    ------
    GaitcastError
        If a fallback takes other channels, or forecasts something else.

    Notes
    -----
    All engines run all the time, so that each is warm when it is needed: a step costs the sum of
    theirs. Where no input is good the first engine's forecast is given, from what was filled in.
    """

    def __init__(self, engine: Engine, fallbacks: Sequence[Engine]) -> None:
        self.engines = (engine, *fallbacks)
        first = engine.card
        self._columns = []
        for card in (one.card for one in self.engines):
            where = f"fallback '{card.name}'"
            missing = [name for name in card.channels if name not in first.channels]
            if missing:
                raise GaitcastError(
                    f"takes '{missing[0]}', which is not among the samples", where=where
                )
            if _forecasts_of(card) != _forecasts_of(first):
                raise GaitcastError(
                    "forecasts other targets, steps or instants than the first bundle",
                    where=where,
                    hint="Export both from one study, with the same horizon and rate",
                )
            self._columns.append([first.channels.index(name) for name in card.channels])

    def push(self, time_s: float, sample: np.ndarray) -> list[Forecast]:
        """One raw sample with the first bundle's channels, see :meth:`Engine.push`."""
        raw = np.asarray(sample, dtype=float)
        made = [self.engines[0].push(time_s, raw)]
        for engine, columns in zip(self.engines[1:], self._columns[1:], strict=True):
            made.append(engine.push(time_s, raw[columns]))
        by_time: dict[int, Forecast] = {}
        for forecasts in made:
            for forecast in forecasts:
                number = round(forecast.time_s * self.engines[0].card.rate_hz)
                kept = by_time.get(number)
                if kept is None or (_unsure(kept) and not _unsure(forecast)):
                    by_time[number] = forecast
        return [by_time[number] for number in sorted(by_time)]


def _unsure(forecast: Forecast) -> bool:
    faults = [channel for channel in forecast.health.faults if channel != "time"]
    return bool(faults or forecast.health.recovering)


def _forecasts_of(card: object) -> tuple[object, ...]:
    names = ("targets", "rate_hz", "raw_hz", "resample", "max_gap_s", "horizon", "first")
    return tuple(getattr(card, name) for name in names)
