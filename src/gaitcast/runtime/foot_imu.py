"""Gait events from an IMU on the foot, in any mounting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import pi, sqrt, tan
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.gait_event import FOOT_FLAT, HEEL_OFF, HEEL_STRIKE, TOE_OFF, Event
from gaitcast.runtime.reckoning import (
    LONGEST_MOVE_S,
    Reckoning,
    RestLimits,
    Vector,
    size,
    unit,
)

_LONGEST_PAUSE_S = 0.25


@dataclass(frozen=True)
class StepShape:
    """Limits of push-off, swing and landing in the signals of a foot's gyroscope.

    One set of values for all people and mountings, chosen on two public sets (34 trials of six
    people with checked events, 50 steps of four people on plates).

    Parameters
    ----------
    cutoff_hz : float
        Low-pass of the rates: push-off, swing and slap turn at 1 to 5 Hz. Its delay of 11 ms is
        subtracted from the event times.
    moving_m_s : float
        A foot that leaves the ground is faster than this; taps and shifts of weight are slower.
    heel_off_deg : float
        The heel is off when the foot has turned toes-down this far from rest.
    push_dps, push_deg : float
        Toes-down rate and angle of a push; sway and pivots have less.
    lift_deg, lift_after_s : float
        A step from standing lifts the foot with hardly any push: toes up by this angle also starts
        a swing. The swing is then dated this long after the rest.
    shortest_swing_s, longest_swing_s, shortest_stance_s : float
        Limits of walking.
    calm_after_strike_s : float
        Without a rest in stance, foot flat is the calmest moment later than this after the strike.
    swing_deg : float
        Toes-up turn that a swing must show before it can end.
    slap_dps : float
        Toes-down rate after the swing at which the strike is reported.
    landing_share : float
        A flat landing has no slap: contact is when the rate falls below this share of its greatest
        value for the last time before the foot rests.
    pivot_deg : float
        A foot that turns this far from rest to rest without push or lift has turned on the spot:
        that is a step too, reported when it is over.
    strike_after_turn_s : float
        Contact follows the turn of pitch at landing by about this time.
    slap_s : float
        Offline: contact is where the slap within this time after the turn reaches half its rate.
    off_share : float
        Toe-off lies at this share of the time from the greatest push rate to the turn of pitch.
    axis_keep : float
        Weight of earlier steps in the pitch axis, per step.
    """

    rest: RestLimits = field(default_factory=RestLimits)
    cutoff_hz: float = 20.0
    moving_m_s: float = 0.25
    heel_off_deg: float = 5.0
    push_dps: float = 50.0
    push_deg: float = 7.0
    lift_deg: float = 8.0
    lift_after_s: float = 0.040
    shortest_swing_s: float = 0.2
    longest_swing_s: float = 1.5
    shortest_stance_s: float = 0.2
    calm_after_strike_s: float = 0.1
    swing_deg: float = 8.0
    slap_dps: float = 40.0
    landing_share: float = 0.3
    pivot_deg: float = 70.0
    strike_after_turn_s: float = 0.030
    slap_s: float = 0.150
    off_share: float = 0.3
    axis_keep: float = 0.9


@dataclass
class _Step:
    """State of the present step; angles in deg about the pitch axis, toes up positive."""

    phase: str = "start"  # start, flat, push, swing, landing
    last_s: float | None = None
    rate: float = 0.0
    pitch: float = 0.0
    quiet_s: float | None = None
    left_s: float | None = None  # when the foot last stopped being quiet
    begun_s: float | None = None  # begin of the push
    angle: float = 0.0
    lowest: float = 0.0
    turned: float = 0.0
    fastest: float = 0.0  # rate of the push, negative
    fastest_s: float | None = None
    heel_off: bool = False
    top: float = 0.0  # greatest rate of the move
    slow_s: float | None = None
    turn_s: float | None = None  # turn of pitch in swing
    up: float = 0.0
    back: float = 0.0
    off_s: float | None = None
    strike_s: float | None = None
    pending_s: float | None = None  # a strike that is not reported yet
    calmest: float | None = None


class FootImuEvents:
    """Causal events from one foot's IMU; single samples and blocks give the same result.

    The rate about the toes-up axis passes through rest, push, swing, landing and rest. The axis is
    found during the first step. Until then samples are held, so the toe-off of that step is
    reported late. A heel strike is reported at the begin of the slap and dated a few ms ahead: it
    may be reported before it happens.
    """

    def __init__(self, shape: StepShape | None = None) -> None:
        self.shape = shape or StepShape()
        self._step = _Step()
        self._reckoning = Reckoning()
        self._axis: Vector | None = None
        self._axis_sum = [0.0, 0.0, 0.0]
        self._held: list[tuple[float, Vector, float, float | None]] = []
        self._filter: list[list[float]] | None = None
        self._offline = False

    @classmethod
    def with_axis(cls, axis: np.ndarray, shape: StepShape) -> FootImuEvents:
        """For a whole recording: a known axis, smoothed rates, strikes settled at foot flat.

        Parameters
        ----------
        axis : numpy.ndarray, shape (3,)
            Toes-up axis in sensor axes.
        """
        events = cls(shape)
        events._axis, events._offline = [float(x) for x in axis], True
        return events

    @property
    def state(self) -> dict[str, Any]:
        """Everything carried from one sample to the next, as plain numbers."""
        return {
            "step": asdict(self._step),
            "reckoning": asdict(self._reckoning),
            "axis": None if self._axis is None else [*self._axis],
            "axis_sum": [*self._axis_sum],
            "held": [[t, [*rate], pull, speed] for t, rate, pull, speed in self._held],
            "filter": None if self._filter is None else [[*pair] for pair in self._filter],
        }

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._step = _Step(**value["step"])
        self._reckoning = Reckoning(**value["reckoning"])
        self._axis, self._axis_sum = value["axis"], [*value["axis_sum"]]
        self._held = [(t, [*rate], pull, speed) for t, rate, pull, speed in value["held"]]
        self._filter = None if value["filter"] is None else [[*pair] for pair in value["filter"]]

    def process(self, time_s: np.ndarray, acc_ms2: np.ndarray, rate_dps: np.ndarray) -> list[Event]:
        """Process samples; return the events that they complete.

        Parameters
        ----------
        time_s : numpy.ndarray, shape (n,)
            Increasing, s.
        acc_ms2, rate_dps : numpy.ndarray, shape (n, 3)
            Sensor axes, gravity included; samples with NaN are skipped.

        Returns
        -------
        list of Event
            In the order in which they are reported.

        Raises
        ------
        GaitcastError
            If the shapes disagree.
        """
        count = len(np.atleast_1d(time_s))
        for name, values in (("acc_ms2", acc_ms2), ("rate_dps", rate_dps)):
            if np.atleast_2d(values).shape != (count, 3):
                raise GaitcastError(f"{name} has shape {np.shape(values)} for {count} times")
        events: list[Event] = []
        rows = zip(
            np.atleast_1d(time_s).tolist(),
            np.atleast_2d(acc_ms2).tolist(),
            np.atleast_2d(rate_dps).tolist(),
            strict=True,
        )
        for t, acc, rate in rows:
            if all(x == x for x in (*acc, *rate)):
                events += self._take(t, acc, rate)
        return events

    def _take(self, t: float, acc: Vector, rate: Vector) -> Iterator[Event]:
        """Learn the axis; hold the sample until the axis is known."""
        learnt = self._reckoning.step(t, acc, rate, self.shape.rest)
        if learnt is not None and not self._offline:
            keep = self.shape.axis_keep
            self._axis_sum = [keep * a + b for a, b in zip(self._axis_sum, learnt, strict=True)]
            self._axis = unit(self._axis_sum)
        elif self._axis is None and self._reckoning.guess is not None:
            self._axis = unit(self._reckoning.guess)
        self._held = [held for held in self._held if t - held[0] <= LONGEST_MOVE_S]
        self._held.append((t, rate, size(acc), self._reckoning.speed_m_s))
        if self._axis is not None:
            held, self._held = self._held, []
            for sample in held:
                yield from self._one(*sample, t)

    def _low_pass(self, dt: float, values: Vector) -> Vector:
        """Second-order Butterworth, bilinear, with the sample's own time step."""
        k = tan(pi * min(self.shape.cutoff_hz * dt, 0.45))
        a0 = 1 + sqrt(2) * k + k * k
        b0, a1, a2 = k * k / a0, 2 * (k * k - 1) / a0, (1 - sqrt(2) * k + k * k) / a0
        if self._filter is None:
            self._filter = [[x * (1 - b0), x * (b0 - a2)] for x in values]
        smoothed = []
        for x, z in zip(values, self._filter, strict=True):
            y = b0 * x + z[0]
            z[0] = 2 * b0 * x - a1 * y + z[1]
            z[1] = b0 * x - a2 * y
            smoothed.append(y)
        return smoothed

    def _one(
        self, sample_s: float, rate: Vector, pull: float, speed: float | None, now: float
    ) -> Iterator[Event]:
        step, shape = self._step, self.shape
        if step.last_s is None or sample_s - step.last_s > _LONGEST_PAUSE_S:
            if step.last_s is not None:  # after a gap the axis stays and the step is lost
                self._step, self._filter = _Step(), None
            self._step.last_s = sample_s
            return
        dt = sample_s - step.last_s
        step.last_s = sample_s
        t = sample_s
        if not self._offline:
            *rate, pull = self._low_pass(dt, [*rate, pull])
            t -= sqrt(2) / (2 * pi * shape.cutoff_hz)
        before_rate, before_pitch = step.rate, step.pitch
        assert self._axis is not None
        step.rate = size(rate)
        step.pitch = sum(a * b for a, b in zip(self._axis, rate, strict=True))
        flat = self._watch_rest(t, dt, pull, before_rate)
        if flat and step.phase != "flat":
            yield from self._settle(now)
            return
        if step.phase == "flat" and not flat:
            self._begin_push(step.left_s if step.left_s is not None else t, before_rate, "push")
        if step.phase in ("push", "landing", "start"):
            step.angle += step.pitch * dt
            step.turned += step.rate * dt
        if step.phase == "landing":
            yield from self._land(t, dt, now)
        if step.phase == "start":
            self._begin(dt)
        if step.phase == "push":
            yield from self._push(t, dt, before_pitch, speed, now)
        elif step.phase == "swing":
            yield from self._swing(t, dt, before_pitch, now)

    def _watch_rest(self, t: float, dt: float, pull: float, before_rate: float) -> bool:
        """Whether the foot rests, and when its rate last fell below its landing share."""
        step = self._step
        if self.shape.rest.quiet(step.rate, pull):
            step.quiet_s = t if step.quiet_s is None else step.quiet_s
        else:
            if step.quiet_s is not None:
                step.left_s = t
            step.quiet_s = None
        step.top = max(step.top, step.rate)
        slow = self.shape.landing_share * step.top
        if step.rate < slow <= before_rate:
            step.slow_s = t - dt * (slow - step.rate) / (before_rate - step.rate)
        return step.quiet_s is not None and t - step.quiet_s >= self.shape.rest.hold_ms / 1000

    def _begin_push(self, at_s: float, rate: float, phase: str) -> None:
        step = self._step
        step.phase, step.begun_s, step.top = phase, at_s, rate
        step.angle = step.lowest = step.turned = step.fastest = 0.0
        step.fastest_s, step.heel_off = None, False

    def _settle(self, now: float) -> Iterator[Event]:
        """The foot has come to rest: report what is still open."""
        step, shape = self._step, self.shape
        slow = step.slow_s

        def long_enough(since_s: float | None) -> bool:
            return slow is not None and (
                since_s is None or slow - since_s >= shape.shortest_swing_s
            )

        if step.phase == "push" and step.turned > shape.pivot_deg and long_enough(step.begun_s):
            assert step.begun_s is not None
            step.off_s, step.phase = step.begun_s + shape.lift_after_s, "swing"
            step.pending_s = None
            yield Event(TOE_OFF, step.off_s, now)
        if step.phase == "swing" and step.pending_s is None and long_enough(step.off_s):
            assert slow is not None
            step.pending_s = step.strike_s = slow - shape.strike_after_turn_s
        yield from self._report_strike(now)
        if step.phase in ("swing", "landing") and step.strike_s is not None:
            assert step.quiet_s is not None
            yield Event(FOOT_FLAT, step.quiet_s, now)
        step.phase = "flat"

    def _land(self, t: float, dt: float, now: float) -> Iterator[Event]:
        step, shape = self._step, self.shape
        if step.pending_s is not None:
            # Not reported yet: a large turn back up means that the foot was still in the air.
            step.back = step.back + step.pitch * dt if step.pitch > shape.slap_dps else 0.0
            if step.back > shape.swing_deg:
                step.phase, step.pending_s, step.turn_s = "swing", None, None
                return
        assert step.strike_s is not None
        since = t - step.strike_s
        if since > shape.calm_after_strike_s and (step.calmest is None or step.rate < step.calmest):
            step.calmest = step.rate
            self._begin_push(t, step.rate, "landing")
        pushes = step.pitch < -shape.push_dps and step.angle < -shape.push_deg
        if since >= shape.shortest_stance_s and pushes:
            yield from self._report_strike(now)
            assert step.begun_s is not None
            yield Event(FOOT_FLAT, step.begun_s, now)
            step.phase = "push"

    def _begin(self, dt: float) -> None:
        """Start of a recording in mid-swing."""
        step, shape = self._step, self.shape
        if step.pitch > 0:
            step.up += step.pitch * dt
        elif step.up <= shape.swing_deg:
            step.up = 0.0
        if step.up > shape.swing_deg:
            step.phase = "swing"
            step.off_s = step.turn_s = step.slow_s = step.pending_s = None

    def _push(
        self, t: float, dt: float, before_pitch: float, speed: float | None, now: float
    ) -> Iterator[Event]:
        step, shape = self._step, self.shape
        assert step.begun_s is not None
        if not step.heel_off and step.angle < -shape.heel_off_deg:
            step.heel_off = True
            yield Event(HEEL_OFF, step.begun_s, now)
        if step.pitch < step.fastest:
            step.fastest, step.fastest_s = step.pitch, t
        step.lowest = min(step.lowest, step.angle)
        off_s = None
        pushed = step.fastest < -shape.push_dps and step.angle < -shape.push_deg
        if step.pitch >= 0 > before_pitch and pushed:
            assert step.fastest_s is not None
            turn_s = t - dt * step.pitch / (step.pitch - before_pitch)
            off_s = step.fastest_s + shape.off_share * (turn_s - step.fastest_s)
        elif speed is not None and step.angle - step.lowest > shape.lift_deg:
            off_s = step.begun_s + shape.lift_after_s
        if off_s is not None and (speed is None or speed >= shape.moving_m_s):
            step.off_s, step.phase = off_s, "swing"
            step.turn_s = step.slow_s = step.pending_s = None
            step.up = max(0.0, step.angle - step.lowest)
            yield Event(TOE_OFF, off_s, now)

    def _swing(self, t: float, dt: float, before_pitch: float, now: float) -> Iterator[Event]:
        step, shape = self._step, self.shape
        if step.pitch > 0:
            step.up += step.pitch * dt
        if step.off_s is not None and t - step.off_s > shape.longest_swing_s:
            step.phase, step.pending_s = "start", None
            return
        if step.pitch < 0 <= before_pitch:
            step.turn_s = t - dt * step.pitch / (step.pitch - before_pitch)
        if step.turn_s is None or step.pitch >= -shape.slap_dps or step.up <= shape.swing_deg:
            return
        if step.off_s is None or step.turn_s - step.off_s >= shape.shortest_swing_s:
            step.pending_s = step.strike_s = step.turn_s
            if not self._offline:
                yield from self._report_strike(now)
            step.calmest, step.back = None, 0.0
            self._begin_push(t, step.rate, "landing")

    def _report_strike(self, now: float) -> Iterator[Event]:
        step = self._step
        if step.pending_s is not None:
            step.strike_s = step.pending_s + self.shape.strike_after_turn_s
            step.pending_s = None
            yield Event(HEEL_STRIKE, step.strike_s, now)
