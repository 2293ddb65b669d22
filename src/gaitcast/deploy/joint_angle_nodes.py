"""The joint-angle step as ONNX nodes: axes, level and Kalman filter for one sample."""

from __future__ import annotations

import numpy as np

from gaitcast.deploy.builder import GraphBuilder
from gaitcast.signal.angle_filter import (
    AXES_LAST_S,
    BIAS_DRIFT,
    OFFSET_DRIFT,
    SIZES,
    BoundJointAngle,
    misfit_share,
    rest_samples,
    smoothing_pole,
)
from gaitcast.signal.hinge_axes import GATE, MOVING_RAD_S, TINY, YZX, ZXY, noise

_UPPER, _FULL = [0, 1, 2, 4, 5, 8], [0, 1, 2, 1, 3, 4, 2, 4, 5]
_RATES = [3, 4, 5, 9, 10, 11]


class _Vectors:
    """Arithmetic of values of shape (1, 1, k)."""

    def __init__(self, graph: GraphBuilder) -> None:
        self.graph = graph

    def number(self, values: np.ndarray | float) -> str:
        return self.graph.constant(np.asarray(values, np.float32))

    def gather(self, value: str, columns: list[int]) -> str:
        return self.graph.add("Gather", value, self.graph.constant(columns), axis=2)

    def join(self, *values: str) -> str:
        return self.graph.add("Concat", *values, axis=2)

    def shaped(self, value: str, shape: list[int]) -> str:
        return self.graph.add("Reshape", value, self.graph.constant(shape))

    def halves(self, value: str) -> list[str]:
        return self.graph.split(value, [3, 3], axis=2)

    def where(self, condition: str, yes: str, no: str) -> str:
        return self.graph.add("Where", condition, yes, no)

    def flag(self, op: str, value: str, limit: float) -> str:
        true, false = self.number(1.0), self.number(0.0)
        return self.where(self.graph.add(op, value, self.number(limit)), true, false)

    def add(self, one: str, other: str) -> str:
        return self.graph.add("Add", one, other)

    def times(self, one: str, other: str) -> str:
        return self.graph.add("Mul", one, other)

    def scaled(self, value: str, factor: float) -> str:
        return self.times(value, self.number(factor))

    def dot(self, one: str, other: str) -> str:
        product = self.times(one, other)
        return self.graph.add("ReduceSum", product, self.graph.constant([2]), keepdims=1)

    def length(self, value: str) -> str:
        return self.graph.add("Sqrt", self.dot(value, value))

    def outer(self, row: str) -> str:
        return self.graph.add("MatMul", self.graph.add("Transpose", row, perm=[0, 2, 1]), row)

    def cross(self, one: str, other: str) -> str:
        first = self.times(self.gather(one, YZX), self.gather(other, ZXY))
        return self.graph.add(
            "Sub", first, self.times(self.gather(one, ZXY), self.gather(other, YZX))
        )

    def turned(self, vector: str, axis: str, wanted: np.ndarray) -> str:
        """A vector after the smallest rotation that brings the axis onto the wanted one."""
        aim = self.number(wanted.reshape(1, 1, 3))
        turn = self.cross(axis, aim)
        once = self.cross(turn, vector)
        near = self.graph.add("Max", self.dot(axis, aim), self.number(-0.5))
        twice = self.graph.add("Div", self.cross(turn, once), self.add(near, self.number(1.0)))
        return self.add(self.add(vector, once), twice)


class JointAngleNodes(_Vectors):
    """Nodes of one bound step; every value has shape (1, 1, k) unless it says otherwise."""

    def __init__(self, bound: BoundJointAngle, graph: GraphBuilder) -> None:
        super().__init__(graph)
        self.bound, self.known = bound, bound.known

    def append(self, sample: str, started: str, dt_s: str, before: str) -> tuple[str, str]:
        """Append them.

        Parameters
        ----------
        sample, started, dt_s : str
            All channels; whether the segment has begun already; s since the last sample.
        before : str
            The state.

        Returns
        -------
        tuple of str
            Angle and standard deviation, and the state after.
        """
        known, rate_hz = self.known, self.bound.rate_hz
        raw = self.gather(sample, list(self.bound.columns))
        smooth, turn, run, axes, spread, angle, upper, misfit = self.graph.split(
            before, [*SIZES], axis=2
        )
        smooth, run = self.where(started, smooth, raw), self.where(started, run, self.number(0.0))
        first = known.first_axes
        axes = self.where(started, axes, self.number(first[:6]))
        spread = self.where(started, spread, self.number(first[6:]))
        begun = self._first(raw)
        angle = self.where(started, angle, self.gather(begun, [*range(3)]))
        upper = self.where(started, upper, self.gather(begun, [*range(3, 9)]))
        misfit = self.where(started, misfit, self.gather(begun, [9]))
        pole = smoothing_pole(rate_hz)
        smooth = self.add(self.scaled(smooth, pole), self.scaled(raw, 1 - pole))
        still, run = self._rest(raw, run)
        away, covariance = self._away(smooth, axes, self.shaped(spread, [-1, 6, 6]))
        axes = self.add(away, self.number(known.axes))
        speed, level, now = self._speed_and_level(raw, smooth, axes, started, turn)
        rates = self.gather(raw, _RATES)
        unsure = self.scaled(
            self.dot(self.graph.add("MatMul", rates, covariance), rates), AXES_LAST_S
        )
        measured = (speed, unsure, level, still)
        angle, upper, misfit = self._filtered(angle, upper, misfit, measured, dt_s)
        variance = self.graph.add("Max", self.gather(upper, [0]), self.number(0.0))
        wider = self.graph.add("Max", misfit, self.number(1.0))
        sd = self.graph.add("Sqrt", self.times(variance, wider))
        spread = self.shaped(covariance, [-1, 1, 36])
        after = self.join(smooth, now, run, away, spread, angle, upper, misfit)
        return self.join(self.gather(angle, [0]), sd), after

    def _first(self, raw: str) -> str:
        """Angle with bias and offset, their covariance and misfit at the start, by movement."""
        rates, limit = self.gather(raw, _RATES), self.number(self.bound.rest_dps**2)
        at_rest, moving = (
            self.number(self.known.first(moving=moving).reshape(1, 1, 10))
            for moving in (False, True)
        )
        slow = self.graph.add("Less", self.dot(rates, rates), limit)
        return self.where(slow, at_rest, moving)

    def _rest(self, raw: str, run: str) -> tuple[str, str]:
        """Whether the distal IMU rests (1 or 0), and slow samples in a row."""
        least, turned = rest_samples(self.bound.rate_hz), self.gather(raw, [3, 4, 5])
        limit = self.number(self.bound.rest_dps**2)
        slow = self.graph.add("Less", self.dot(turned, turned), limit)
        longer = self.graph.add("Min", self.add(run, self.number(1.0)), self.number(float(least)))
        run = self.where(slow, longer, self.number(0.0))
        return self.flag("Greater", run, least - 0.5), run

    def _away(self, smooth: str, away: str, covariance: str) -> tuple[str, str]:
        """What the axes differ by from the usual ones, and its covariance (1, 6, 6)."""
        axes = self.add(away, self.number(self.known.axes))
        variance, _ = noise(self.bound.rate_hz)
        rates = self.scaled(self.gather(smooth, _RATES), self.known.follows * np.pi / 180)
        (one, two), (first, second) = self.halves(rates), self.halves(axes)
        moving = self.flag("Greater", self.add(self.length(one), self.length(two)), MOVING_RAD_S)
        across, beyond = self.cross(one, first), self.cross(two, second)
        size = self.add(self.length(across), self.number(TINY))
        other = self.add(self.length(beyond), self.number(TINY))
        slope = self.join(
            self.graph.add("Div", self.cross(across, one), size),
            self.graph.add("Div", self.cross(two, beyond), other),
        )
        difference = self.graph.add("Sub", size, other)
        seen = self.graph.add("MatMul", slope, covariance)
        expected = self.add(self.dot(slope, seen), self.number(variance))
        bound = self.scaled(self.graph.add("Sqrt", expected), GATE)
        gap = self.graph.add("Max", self.graph.add("Abs", difference), self.number(1e-9))
        weight = self.graph.add("Min", self.graph.add("Div", bound, gap), self.number(1.0))
        gain = self.graph.add("Div", self.times(weight, moving), expected)
        away = self.graph.add("Sub", away, self.times(seen, self.times(gain, difference)))
        usual = np.split(self.known.axes, 2)
        near, far = (self._shortened(*pair) for pair in zip(self.halves(away), usual, strict=True))
        less = self.graph.add("Sub", covariance, self.times(self.outer(seen), gain))
        return self.join(near, far), self._across(near, far, less, moving)

    def _shortened(self, away: str, usual: np.ndarray) -> str:
        """The difference after the axis is made 1 long again, without the loss of 1 + x - 1."""
        aim, one = self.number(usual.reshape(1, 1, 3)), self.number(1.0)
        excess = self.add(self.scaled(self.dot(away, aim), 2.0), self.dot(away, away))
        length = self.graph.add("Sqrt", self.add(excess, one))
        least = self.times(length, self.add(length, one))
        share = self.graph.add("Div", excess, least)
        return self.graph.add("Sub", away, self.times(self.add(away, aim), share))

    def _across(self, near: str, far: str, covariance: str, moving: str) -> str:
        """Covariance without what lies along the axes, and with their drift, while moving."""
        zero, (one, two) = self.number(np.zeros((1, 1, 3))), np.split(self.known.axes, 2)
        first = self.join(self.add(near, self.number(one)), zero)
        second = self.join(zero, self.add(far, self.number(two)))
        along = self.times(self.add(self.outer(first), self.outer(second)), moving)
        across = self.graph.add("Sub", self.number(np.eye(6)), along)
        kept = self.graph.add("MatMul", self.graph.add("MatMul", across, covariance), across)
        drift = self.scaled(moving, noise(self.bound.rate_hz)[1])
        return self.add(kept, self.times(across, drift))

    def _speed_and_level(
        self, raw: str, smooth: str, axes: str, started: str, turn: str
    ) -> tuple[str, str, str]:
        """Rate of the angle, its level by gravity, and the proximal rate about the axis."""
        known, (first, second) = self.known, self.halves(axes)
        near, far = known.axes[:3], known.axes[3:]
        distal = self.turned(self.gather(raw, [3, 4, 5]), first, near)
        proximal = self.turned(self.gather(raw, [9, 10, 11]), second, far)
        pulled = self.turned(self.gather(smooth, [0, 1, 2]), first, near)
        pushed = self.turned(self.gather(smooth, [6, 7, 8]), second, far)
        turning = self.turned(self.gather(smooth, [9, 10, 11]), second, far)
        both = self.join(distal, proximal)
        speed = self.dot(both, self.number(known.rate_map))
        now = self.dot(turning, self.number(far / 100))
        past = self.where(started, turn, now)
        growth = self.scaled(self.graph.add("Sub", now, past), self.bound.rate_hz / 10)
        weights, planes = known.gravity_map, known.planes
        pull = np.r_[weights[:2] @ planes[0], weights[2:4] @ planes[1]]
        features = self.join(pulled, pushed, now, self.times(now, now), growth)
        level = self.dot(features, self.number(np.r_[pull, weights[4:7]]))
        return speed, self.add(level, self.number(weights[7])), now

    def _filtered(
        self, angle: str, upper: str, misfit: str, measured: tuple[str, str, str, str], dt_s: str
    ) -> tuple[str, str, str]:
        """Angle with bias and offset, the upper half of their covariance, and the misfit."""
        speed, unsure, level, still = measured
        covariance = self.shaped(self.gather(upper, _FULL), [-1, 3, 3])
        step = np.zeros((3, 3))
        step[0, 1] = -1.0
        forth = self.add(self.number(np.eye(3)), self.times(self.number(step), dt_s))
        back = self.add(self.number(np.eye(3)), self.times(self.number(step.T), dt_s))
        top = np.zeros((3, 3))
        top[0, 0] = 1.0
        drift = self.number(np.diag([self.known.angle_drift, BIAS_DRIFT, OFFSET_DRIFT]))
        grown = self.add(drift, self.times(self.number(top), unsure))
        covariance = self.graph.add("MatMul", self.graph.add("MatMul", forth, covariance), back)
        covariance = self.add(covariance, self.times(grown, dt_s))
        angle = self.graph.add("MatMul", angle, back)
        angle = self.add(angle, self.times(self.number(top[0]), self.times(speed, dt_s)))
        seen = self.number(np.array([1.0, 0.0, 1.0]).reshape(1, 1, 3))
        row = self.graph.add("MatMul", seen, covariance)
        variance = self.known.level_variance(self.bound.rate_hz)
        gain = self.graph.add("Div", still, self.add(self.dot(row, seen), self.number(variance)))
        missing = self.graph.add("Sub", level, self.dot(angle, seen))
        found = self.times(gain, self.times(missing, missing))
        change = self.graph.add("Sub", found, self.times(still, misfit))
        misfit = self.add(misfit, self.scaled(change, misfit_share(self.bound.rate_hz)))
        angle = self.add(angle, self.times(row, self.times(missing, gain)))
        covariance = self.graph.add("Sub", covariance, self.times(self.outer(row), gain))
        return angle, self.gather(self.shaped(covariance, [-1, 1, 9]), _UPPER), misfit
