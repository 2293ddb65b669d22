"""Gait events from the vertical force under a foot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.events.event import with_events
from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import FOOT_FLAT, HEEL_OFF, HEEL_STRIKE, TOE_OFF, Event
from gaitcast.signal.zero_phase import smooth_segments


@dataclass(frozen=True)
class ForceThresholds:
    """Thresholds of a contact.

    Parameters
    ----------
    threshold_n : float
        The event is where the force crosses this: the usual clinical threshold.
    confirm_n : float
        A contact must exceed this; drift and the noise of a belt stay below. A fall is undone only
        by a return above it.
    rise_hold_ms, fall_hold_ms : float
        The force must stay above or below the threshold this long before the event is reported.
    shortest_contact_ms, shortest_flight_ms : float
        Shorter contacts are knocks, shorter flights dropouts: no stance or swing is this short.
    longest_stance_s : float
        A longer contact is standing, which has no foot flat and heel off.
    """

    threshold_n: float = 20.0
    confirm_n: float = 50.0
    rise_hold_ms: float = 8.0
    fall_hold_ms: float = 20.0
    shortest_contact_ms: float = 70.0
    shortest_flight_ms: float = 50.0
    longest_stance_s: float = 2.0


@dataclass
class _State:
    contact: bool | None = None
    last_s: float = 0.0
    last_n: float = 0.0
    crossed_s: float | None = None
    confirmed: bool = False
    strike_s: float | None = None
    off_s: float | None = None
    stance: list[tuple[float, float]] = field(default_factory=list)


class ForceEvents:
    """Causal events from one foot's vertical force; single samples and blocks give the same result.

    Heel strike and toe-off are interpolated crossings of the threshold. Foot flat is the first
    force peak (the end of loading) and heel off the valley after it: a force alone shows them no
    better. Both are reported at toe-off. A knock shorter than any stance is reported as a heel
    strike without a toe-off. A force that drops out for longer than `fall_hold_ms` ends the stance.
    """

    def __init__(self, thresholds: ForceThresholds | None = None) -> None:
        self.thresholds = thresholds or ForceThresholds()
        self._state = _State()

    @property
    def state(self) -> dict[str, Any]:
        """Everything carried from one sample to the next, as plain numbers."""
        return asdict(self._state)

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._state = _State(**{**value, "stance": [tuple(pair) for pair in value["stance"]]})

    def process(self, time_s: np.ndarray, force_n: np.ndarray) -> list[Event]:
        """Process samples; return the events that they complete.

        Parameters
        ----------
        time_s : numpy.ndarray, shape (n,)
            Increasing, s.
        force_n : numpy.ndarray, shape (n,)
            Positive under load; a sample that is NaN neither starts nor ends a contact.

        Returns
        -------
        list of Event
            In the order in which they are reported.

        Raises
        ------
        GaitcastError
            If times and forces differ in number.
        """
        if np.shape(time_s) != np.shape(force_n) or np.ndim(time_s) > 1:
            raise GaitcastError(
                f"times {np.shape(time_s)} and forces {np.shape(force_n)} are not one series"
            )
        samples = zip(np.atleast_1d(time_s).tolist(), np.atleast_1d(force_n).tolist(), strict=True)
        return [event for t, force in samples if force == force for event in self._step(t, force)]

    def _step(self, t: float, force: float) -> Iterator[Event]:
        state, limits = self._state, self.thresholds
        if state.contact is None:  # a recording that starts under load has no heel strike there
            state.contact = force >= limits.confirm_n
        elif (state.last_n < limits.threshold_n) != (force < limits.threshold_n):
            share = (limits.threshold_n - state.last_n) / (force - state.last_n)
            self._cross(state.last_s + (t - state.last_s) * share, rising=force > state.last_n)
        state.last_s, state.last_n = t, force
        if state.contact:
            yield from self._stand(t, force)
        else:
            yield from self._swing(t, force)

    def _cross(self, at_s: float, *, rising: bool) -> None:
        """The last rise before a contact is its start; the first fall not undone is its end."""
        state = self._state
        if not state.contact:
            state.crossed_s = at_s if rising else None
        elif not rising and state.crossed_s is None:
            state.crossed_s = at_s

    def _swing(self, t: float, force: float) -> Iterator[Event]:
        state, limits = self._state, self.thresholds
        at = state.crossed_s
        if at is None:
            state.confirmed = False
            return
        state.confirmed = state.confirmed or force >= limits.confirm_n
        flown = state.off_s is None or at - state.off_s >= limits.shortest_flight_ms / 1000
        if state.confirmed and flown and t - at >= limits.rise_hold_ms / 1000:
            state.contact, state.strike_s, state.stance = True, at, []
            state.crossed_s, state.confirmed = None, False
            yield Event(HEEL_STRIKE, at, t)

    def _stand(self, t: float, force: float) -> Iterator[Event]:
        state, limits = self._state, self.thresholds
        strike, at = state.strike_s, state.crossed_s
        if strike is not None and t - strike <= limits.longest_stance_s:
            state.stance.append((t, force))
        if force >= limits.confirm_n:
            state.crossed_s = None
        elif at is not None and t - at >= limits.fall_hold_ms / 1000:
            state.contact, state.crossed_s = False, None
            if strike is None:
                state.off_s = at
                yield Event(TOE_OFF, at, t)
            elif at - strike >= limits.shortest_contact_ms / 1000:  # else a knock: drop it
                state.off_s = at
                if at - strike <= limits.longest_stance_s:
                    yield from _middle([pair for pair in state.stance if pair[0] <= at], t)
                yield Event(TOE_OFF, at, t)
            state.stance = []


def _middle(stance: list[tuple[float, float]], detected_s: float) -> Iterator[Event]:
    """First peak and the valley after it; nothing for a stance with a single peak."""
    time_s, force_n = np.array(stance).T
    width = max(3, len(force_n) // 15) | 1
    even = np.convolve(np.pad(force_n, width // 2, mode="edge"), np.ones(width) / width, "valid")
    peaks, _ = signal.find_peaks(even, prominence=0.02 * even.max())
    peaks = peaks[even[peaks] > 0.6 * even.max()]
    if len(peaks) >= 2:
        first, last = peaks[0], peaks[-1]
        valley = first + int(np.argmin(even[first : last + 1]))
        yield Event(FOOT_FLAT, float(time_s[first]), detected_s)
        yield Event(HEEL_OFF, float(time_s[valley]), detected_s)


def force_events(recording: Recording, *, cutoff_hz: float | None = None) -> Recording:
    """Events of every foot whose force was measured.

    Parameters
    ----------
    recording : Recording
        With ``left_plate_force_z``, ``right_plate_force_z`` or ``ipsi_plate_force_z``, positive
        under load.
    cutoff_hz : float, optional
        Zero-phase low-pass for noisy plates; makes the result offline.

    Returns
    -------
    Recording
        With ``left_heel_strike``, ``left_foot_flat``, ``left_heel_off``, ``left_toe_off`` ...

    Raises
    ------
    GaitcastError
        If no foot has a force.
    """
    sides = [
        name.removesuffix("_plate_force_z")
        for name in recording.channels
        if name.endswith("_plate_force_z") and not name.startswith("center")
    ]
    if not sides:
        raise GaitcastError(
            "no foot has a force",
            where=f"recording '{recording.trial}'",
            hint="Give the laboratory's plates to feet first, or name the channel "
            "left_plate_force_z",
        )
    for side in sides:
        force = recording.column(f"{side}_plate_force_z")
        if cutoff_hz is not None:
            force = smooth_segments(recording, force, cutoff_hz)
        events: list[Event] = []
        for span in recording.segments():
            events += ForceEvents().process(recording.time_s[span], force[span])
        recording = with_events(recording, side, events)
    return recording
