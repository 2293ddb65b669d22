"""A signal step: frozen settings, bound to channels and a rate, then run with state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording


@dataclass(frozen=True)
class Step(ABC):
    """Settings of one signal-processing step; `bind` makes it runnable."""

    name: ClassVar[str]
    causal: ClassVar[bool] = True
    #: Whether it has maps that a fit learns.
    learns: ClassVar[bool] = False

    @abstractmethod
    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundStep:
        """Fix the channels and the rate.

        Parameters
        ----------
        channels : tuple of str
            Channels of the samples that will come.

        Returns
        -------
        BoundStep
            With a fresh state.
        """

    def learned(self, recordings: Sequence[Recording]) -> Self:
        """The step with its maps, where it has any.

        Parameters
        ----------
        recordings : sequence of Recording
            Of the training people only, at the working rate; channels as the step gets them, and
            the targets.

        Returns
        -------
        Step
            A new one; itself where it learns nothing.
        """
        del recordings
        return self

    def delay_s(self, rate_hz: float) -> float:
        """Group delay at low frequency; it is part of any forecast horizon.

        Returns
        -------
        float
            s.
        """
        del rate_hz
        return 0.0

    def memory_s(self, rate_hz: float) -> float:
        """How long a sample influences the output by more than 1 % of itself.

        Returns
        -------
        float
            s.
        """
        del rate_hz
        return 0.0


@dataclass
class BoundStep(ABC):
    """A bound step: takes single samples or blocks, and carries its state between calls.

    Parameters
    ----------
    inputs : tuple of str
        Channels that it takes.
    channels : tuple of str
        Channels that it gives.
    """

    inputs: tuple[str, ...]
    channels: tuple[str, ...]

    @abstractmethod
    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """Run over consecutive samples of one segment, from the present state on.

        Parameters
        ----------
        samples : numpy.ndarray, shape (n, inputs)
            Canonical units.
        dt_s : numpy.ndarray, shape (n,)
            Time since the previous sample, s; 0 marks the first sample of a segment.

        Returns
        -------
        numpy.ndarray, shape (n, channels)
        """

    @property
    @abstractmethod
    def state(self) -> np.ndarray:
        """Everything carried from one sample to the next."""

    @state.setter
    @abstractmethod
    def state(self, value: np.ndarray) -> None: ...


class Chain:
    """Several steps, one after the other.

    Parameters
    ----------
    steps : sequence of Step
        In order of application.
    channels : tuple of str
        Channels of the raw samples.
    """

    def __init__(self, steps: Sequence[Step], channels: tuple[str, ...], rate_hz: float) -> None:
        self.steps = tuple(steps)
        self.inputs = channels
        self.rate_hz = rate_hz
        self.bound: list[BoundStep] = []
        for step in self.steps:
            self.bound.append(step.bind(channels, rate_hz))
            channels = self.bound[-1].channels
        self.channels = channels

    @property
    def causal(self) -> bool:
        """Whether no step looks ahead."""
        return all(step.causal for step in self.steps)

    @property
    def learns(self) -> bool:
        """Whether a step has maps that a fit learns."""
        return any(step.learns for step in self.steps)

    def learned(self, recordings: Sequence[Recording]) -> Chain:
        """The chain with what its steps learn, each on what the steps before it give.

        Parameters
        ----------
        recordings : sequence of Recording
            Of the training people only, at the working rate, with the inputs and the targets.

        Returns
        -------
        Chain
            A new one, with a fresh state; itself where no step learns.
        """
        if not self.learns:
            return self
        steps: list[Step] = []
        for step in self.steps:
            if step.learns:
                before = Chain(steps, self.inputs, self.rate_hz)
                step = step.learned([before.changed(recording) for recording in recordings])
            steps.append(step)
        return Chain(steps, self.inputs, self.rate_hz)

    def changed(self, recording: Recording) -> Recording:
        """A recording with the channels of this chain in place of its inputs.

        Parameters
        ----------
        recording : Recording
            With the input channels, and perhaps others, which stay.

        Returns
        -------
        Recording
        """
        made = self.run(recording)
        gone = {*self.inputs, *self.channels}
        others = tuple(name for name in recording.channels if name not in gone)
        return replace(
            recording,
            channels=(*self.channels, *others),
            samples=np.hstack([made, recording.matrix(others)]),
            truth=None,
        )

    @property
    def memory_s(self) -> float:
        """Sum of the steps' memories."""
        return sum(step.memory_s(self.rate_hz) for step in self.steps)

    @property
    def delay_s(self) -> float:
        """Sum of the steps' group delays."""
        return sum(step.delay_s(self.rate_hz) for step in self.steps)

    @property
    def state(self) -> list[np.ndarray]:
        """State of each step."""
        return [bound.state for bound in self.bound]

    @state.setter
    def state(self, value: Sequence[np.ndarray]) -> None:
        for bound, part in zip(self.bound, value, strict=True):
            bound.state = part

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """Run all steps over consecutive samples of one segment.

        Parameters
        ----------
        samples : numpy.ndarray, shape (n, inputs)
            In canonical units.
        dt_s : numpy.ndarray, shape (n,)
            Time since the previous sample, s; 0 marks the first sample of a segment.

        Returns
        -------
        numpy.ndarray, shape (n, channels)
        """
        for bound in self.bound:
            samples = bound.process(samples, dt_s)
        return samples

    def run(self, recording: Recording) -> np.ndarray:
        """Features of a whole recording, each segment from a fresh state.

        Parameters
        ----------
        recording : Recording
            With the input channels of this chain.

        Returns
        -------
        numpy.ndarray, shape (n, channels)
            One row per sample.

        Raises
        ------
        GaitcastError
            If the recording has another rate.
        """
        if abs(recording.rate_hz - self.rate_hz) > 1e-6:
            raise GaitcastError(
                f"recorded at {recording.rate_hz:g} Hz, but the steps expect {self.rate_hz:g} Hz",
                where=f"recording '{recording.trial}'",
                hint="Resample it",
            )
        raw, dt_s = recording.complete(self.inputs), recording.dt_s()
        parts = [self.process(raw[span], dt_s[span]) for span in recording.segments()]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.channels)))
