"""`Pipeline`: rate adapter, signal steps, task, model and scalers as one thing.

It is fitted, asked, saved and exported; a study makes many of them.
"""

from __future__ import annotations

import fnmatch
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel, match_channels
from gaitcast.cohort import Cohort, change_recordings, join_cohorts
from gaitcast.deploy import Origin, write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.protocol import Material
from gaitcast.evaluation.scoring import evaluate
from gaitcast.evaluation.splits.cutting import carve_validation
from gaitcast.models import HeadName, Signature, spec
from gaitcast.models.cost import cost
from gaitcast.options import build_options, check_options, options
from gaitcast.pipeline.fitted import PIPELINE_FILES, Fitted
from gaitcast.pipeline.forecasts import Forecasts
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Latency, measure
from gaitcast.signal import Chain, Step, resample
from gaitcast.tasks import Series, Span, Task, hold_first, known_of
from gaitcast.training import Augmentation, Log, Training, adapt, fit, methods_of, settings
from gaitcast.training.assembly import Assembly, needed_from_a_device
from gaitcast.training.fit import FitReport, Watch
from gaitcast.training.threads import on_threads

if TYPE_CHECKING:
    import pandas as pd

#: Time stamps this near to a uniform clock need no interpolation, s.
_UNIFORM_S = 1e-6


@options
class Pipeline:
    """From raw samples to forecasts: rate adapter, signal steps, task, model and scalers.

    Parameters
    ----------
    inputs : sequence of str
        Raw input channels or patterns such as ``"*_foot_acc_*"``; ``wearer:mass_kg`` is a covariate
        of the participant.
    targets : sequence of str
        Channels that are predicted.
    history_ms : float
        Past that a windowed model sees, and that every model is given before its first forecast.
    horizon_ms : float
        How far ahead; 0 estimates the present, less than 0 the past.
    output : str
        ``all`` samples up to the horizon, the ``last`` alone, or the ``window`` itself.
    steps : sequence of Step
        Signal steps in order of application, such as ``gaitcast.Butterworth(20)``.
    model : str
        A name of ``gaitcast models``.
    options, training : dict
        Of the model, and fields of :class:`gaitcast.training.Training` that differ from its usual
        ones.
    augment : Augmentation, optional
        Changed copies of the training segments.
    head : str
        ``point``, ``quantile`` or ``gaussian``.
    relative : bool
        Whether changes from the present are predicted and added to it.
    rate_hz : float or None
        Working rate; None leaves the clocks of recordings alone. Recordings at other rates are
        adapted as the device does it: causally, behind a low-pass where they are more than 1.05
        times faster.
    max_gap_s : float
        A longer interval between raw samples starts a new segment.
    measured_ms : dict of str to float
        Inputs that a device has to measure by other means than an IMU (channel or pattern), and how
        long after its instant a value arrives, ms. Targets among the inputs count as measured with
        a delay of 0 unless they stand here.
    laboratory : sequence of str
        Channels or patterns that only a laboratory knows: with one of them among its inputs the
        pipeline cannot be had live.
    seed : int
        Of weights, order of batches and dropout.
    name : str
        In tables; by default the model's.

    Raises
    ------
    GaitcastError
        For an unknown option, model or head, and for sizes below 1.

    Examples
    --------
    >>> pipe = Pipeline(inputs=["*_acc_*", "*_gyr_*"], targets=["right_ankle_angle_flexion"],
    ...                 history_ms=1000, horizon_ms=200, model="ridge")
    >>> pipe.fit(cohort).predict(cohort["S01"]).table()  # doctest: +SKIP
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    history_ms: Annotated[float, Interval(gt=0, le=600_000)]
    horizon_ms: Annotated[float, Interval(ge=-60_000, le=60_000)]
    output: Literal["all", "last", "window"] = "all"
    steps: tuple[Step, ...] = ()
    model: str = "gru"
    options: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    augment: Augmentation | None = None
    head: HeadName = "point"
    relative: bool = False
    rate_hz: Annotated[float, Interval(gt=0, le=10_000)] | None = 100.0
    max_gap_s: Annotated[float, Gt(0)] = 0.1
    measured_ms: dict[str, Annotated[float, Ge(0)]] = field(default_factory=dict)
    laboratory: tuple[str, ...] = ()
    seed: Annotated[int, Interval(ge=0, lt=2**32)] = 0
    name: str = ""
    _fitted: ClassVar[Fitted | None] = None

    def __post_init__(self) -> None:
        known, where = spec(self.model), f"model '{self.model}'"
        check_options(known.make, self.options, where, given=1)
        build_options(Training, {**known.training, **self.training}, f"{where}, training")
        if self.head != "point" and known.gives_points:
            raise GaitcastError(f"has no {self.head} head: it gives points", where=where)
        if not self.targets or not self.task.channels:
            what = "targets" if not self.targets else "inputs"
            raise GaitcastError(f"no channel among the {what}", where="Pipeline")

    @property
    def label(self) -> str:
        """Its name in tables."""
        return self.name or self.model

    @cached_property
    def task(self) -> Task:
        """What is predicted from what."""
        return Task(
            self.label, self.targets, self.inputs, self.history_ms, self.horizon_ms, self.output
        )

    @property
    def fitted(self) -> Fitted:
        """What the fit added.

        Raises
        ------
        GaitcastError
            If it is not fitted yet.
        """
        if self._fitted is None:
            raise GaitcastError("is not fitted yet", where=f"pipeline '{self.label}'",
                                hint="Call fit(cohort), or load a saved one")  # fmt: skip
        return self._fitted

    # --- fitting -------------------------------------------------------------------------------

    def at_rate(self, cohort: Cohort) -> Cohort:
        """Recordings at the working rate, as the device gets there.

        Parameters
        ----------
        cohort : Cohort
            At any rates.

        Returns
        -------
        Cohort
            The same recordings where nothing has to be adapted.

        Raises
        ------
        GaitcastError
            If a rate cannot be adapted.
        """
        return change_recordings(cohort, self._adapted)

    def _adapted(self, recording: Recording) -> Recording:
        if self.rate_hz is None or _is_uniform(recording, self.rate_hz):
            return recording
        return resample(replace(recording, max_gap_s=self.max_gap_s), self.rate_hz)

    def assemble(
        self, cohort: Cohort, *, gap_s: float = np.inf, trials: Sequence[str] | None = None
    ) -> Assembly:
        """Bind the pipeline to recordings at the working rate.

        Parameters
        ----------
        cohort : Cohort
            From :meth:`at_rate`.
        gap_s : float
            See :class:`gaitcast.training.assembly.Assembly`.
        trials : sequence of str, optional
            Only these need covariates; by default all.

        Returns
        -------
        Assembly

        Raises
        ------
        GaitcastError
            If a channel pattern matches nothing, or a target, a step or a covariate does not fit
            the recordings.
        """
        task, first = self.task, cohort.recordings[0]
        channels = match_channels(first.channels, task.channels, where=f"inputs of '{self.label}'")
        first.matrix(task.targets)
        chain = Chain(self.steps, channels, first.rate_hz)
        short, horizon = task.samples(first.rate_hz)
        history = max(short, round(spec(self.model).make.least_history_ms * first.rate_hz / 1000))
        if horizon <= 0 and (both := sorted({*channels} & {*task.targets})):
            raise GaitcastError(
                f"'{both[0]}' is to be estimated and is itself an input",
                where=f"inputs of '{self.label}'",
            )
        signature = Signature(
            chain.channels, task.targets, history, horizon, first.rate_hz,
            task.first(history, horizon), task.covariates, self.head, self.relative,
        )  # fmt: skip
        late_s = self._late_s(channels)
        late = [name for name in self.targets if late_s.get(name)]
        if late and spec(self.model).learns_from_wearer:
            raise GaitcastError(
                f"learns from the present value of '{late[0]}', which a device has "
                f"{1000 * late_s[late[0]]:g} ms late",
                where=f"model '{self.model}'",
                hint="Measure it without delay, or take a model that does not learn",
            )
        if signature.first < 0 and spec(self.model).stateful:
            raise GaitcastError(
                "answers at every sample and has no hindsight",
                where=f"model '{self.model}'",
                hint='Take a windowed model, or output = "last" and a horizon of 0 ms or more',
            )
        asked = trials if trials is not None else [info.trial for info in cohort.infos]
        wearers = {
            trial: known_of(cohort, trial, task.covariates, self.seed)
            for trial in (asked if task.covariates else ())
        }
        return Assembly(cohort, chain, signature, wearers, late_s, gap_s, history - short)

    def _late_s(self, channels: Sequence[str]) -> dict[str, float]:
        return {
            name: delay_ms / 1000
            for pattern, delay_ms in self.measured_ms.items()
            for name in fnmatch.filter(channels, pattern)
        }

    @on_threads()
    def fit(
        self,
        cohort: Cohort,
        *,
        validation: Sequence[str] | Cohort | None = None,
        progress: bool = False,
    ) -> Pipeline:
        """Fit on all participants of a cohort.

        Parameters
        ----------
        cohort : Cohort
            At any rates.
        validation : sequence of str or Cohort, optional
            Who stops the training of a network: participants of the cohort (who then do not train),
            or other recordings. By default one participant in six, the last ones; blocks of time
            where there is only one. Models in closed form train on all of them.
        progress : bool
            Show the progress of each epoch.

        Returns
        -------
        Pipeline
            Itself, fitted.

        Raises
        ------
        GaitcastError
            If the recordings do not fit the pipeline, or are too few or too short.
        """
        at_rate = self.at_rate(cohort)
        if isinstance(validation, Cohort):
            held = self.at_rate(validation)
            stopping = held.people
            at_rate = join_cohorts(at_rate, held)
        else:
            stopping = self._stopping(at_rate, validation)
        assembly = self.assemble(at_rate)
        parts = _parts(at_rate, stopping, assembly.signature.span)
        if not self.stopped:
            parts = {"train": [*parts["train"], *parts["validation"]], "validation": []}
        assembly = assembly.learned(parts["train"])
        series, _ = assembly.series(parts)
        material = Material(tuple(series["train"]), tuple(series["validation"]), (), ())
        self.fit_material(assembly, material, raw_hz=_raw_hz(cohort), progress=progress)
        return self

    @property
    def stopped(self) -> bool:
        """Whether a validation part stops its training; else it learns from all it is given."""
        return not spec(self.model).by_formula and self.training_settings().patience > 0

    def _stopping(self, cohort: Cohort, wanted: Sequence[str] | None) -> tuple[str, ...]:
        people = cohort.people
        if wanted is not None:
            cohort.select(wanted)
            if not set(people) - set(wanted):
                raise GaitcastError("no participant is left to train on", where="validation")
            return tuple(wanted)
        if len(people) == 1 or not self.stopped:
            return ()
        return people[-max(1, len(people) // 6) :]

    def fit_material(
        self,
        assembly: Assembly,
        material: Material,
        *,
        raw_hz: float | None = None,
        checkpoints: Path | None = None,
        progress: bool = False,
        log: Log | None = None,
        devices: int = 1,
        watch: Watch | None = None,
    ) -> FitReport:
        """Fit on parts that are cut already, as a study does.

        Parameters
        ----------
        assembly : Assembly
            From :meth:`assemble`.
        material : Material
            Series of the parts.
        raw_hz : float, optional
            Rate before the adapter; by default the recordings' own.
        checkpoints, progress, log, devices, watch
            See :func:`gaitcast.training.fit`.

        Returns
        -------
        FitReport
        """
        cohort, train = assembly.cohort, material.train
        if self.augment is not None:
            copies = assembly.new_wearers([s.span for s in train], self.augment, self.seed)
            train = (*train, *copies)
        predictor, report = fit(
            self.model,
            assembly.signature,
            train,
            material.validation,
            calibration=material.calibration,
            scaled=material.scaled,
            options=self.options,
            training=self.training,
            seed=self.seed,
            checkpoints=checkpoints,
            progress=progress,
            log=log,
            devices=devices,
            watch=watch,
        )
        first = cohort.recordings[0]
        before_hz = raw_hz or first.raw_hz or first.rate_hz
        learned = material.train if self.stopped else (*material.train, *material.validation)
        origin = Origin(
            trained_on=_people(cohort, learned),
            stopped_by=_people(cohort, material.validation) if self.stopped else (),
            adapted_to=_people(cohort, material.calibration),
            raw_hz=first.rate_hz if self.rate_hz is None else before_hz,
            resample=self.rate_hz is not None,
            max_gap_s=self.max_gap_s,
            measured_ms={
                **dict.fromkeys(needed_from_a_device(assembly.chain.inputs, self.targets), 0.0),
                **{name: 1000 * late for name, late in assembly.late_s.items()},
            },
        )
        object.__setattr__(self, "_fitted", Fitted(assembly.chain, predictor, origin, report))
        return report

    @on_threads()
    def adapt(self, calibration: Cohort, method: str | None = None) -> Pipeline:
        """Adapt to a new wearer by some seconds of theirs.

        Parameters
        ----------
        calibration : Cohort
            Of one participant, with the targets; at any rates.
        method : str, optional
            For a model that learns from its wearer ``memory``, which begins with what it learns
            in these seconds, or ``fixed-memory``, which learns nothing more afterwards. For a
            network, by gradient for ``adapt_epochs`` and at the ``adapt_rate`` of `training`,
            ``network`` (all weights), ``low-rank`` (a narrow update of all matrices) or ``last``
            (layer), or ``head``, a correction of the last layer in closed form. By default
            ``memory`` and ``network``.

        Returns
        -------
        Pipeline
            A new one; this one stays as it is. Its card names whom it was adapted to and how.

        Raises
        ------
        GaitcastError
            If the model cannot be adapted so, or the recordings are of several participants or
            hold no window.
        """
        fitted, people = self.fitted, calibration.people
        if len(people) > 1:
            raise GaitcastError(
                f"recordings of {len(people)} participants to adapt to: {', '.join(people)}",
                hint="Select one of them",
            )
        predictor = adapt(
            fitted.predictor, self.series(calibration), self.training_settings(), self.seed, method
        )
        seconds = sum(info.duration_s for info in calibration.infos)
        used = method or methods_of(fitted.predictor.forecaster)[0]
        how = {"method": used, "seconds": round(seconds, 3)}
        everyone = tuple(dict.fromkeys([*fitted.origin.adapted_to, *people]))
        origin = replace(fitted.origin, adapted_to=everyone, adapted_by=how)
        adapted = replace(self, options=dict(predictor.options))
        changed = Fitted(fitted.chain, predictor, origin, fitted.report)
        object.__setattr__(adapted, "_fitted", changed)
        return adapted

    def series(self, cohort: Cohort, *, from_s: float = 0.0) -> list[Series]:
        """Features and targets of recordings, as the fitted model takes them.

        Parameters
        ----------
        cohort : Cohort
            At any rates, with the raw input channels and the targets.
        from_s : float
            What was recorded before, in the recordings one after the other, is seen by the rate
            adapter and the signal steps alone.

        Returns
        -------
        list of Series
            Physical units; segments too short for one window are left out.
        """
        at_rate, passed_s, spans = self.at_rate(cohort), 0.0, []
        for raw, recording in zip(cohort, at_rate, strict=True):
            at_s = recording.time_s - raw.time_s[0] + passed_s
            begin, passed_s = int(np.searchsorted(at_s, from_s)), passed_s + raw.duration_s
            if begin < len(recording):
                spans.append(Span(recording.trial, begin, len(recording)))
        return self._as_fitted(at_rate).series({"asked": spans})[0]["asked"]

    def _as_fitted(self, at_rate: Cohort) -> Assembly:
        """Bound to recordings by the channels that it was fitted on."""
        fitted, shape = self.fitted, self.fitted.predictor.signature
        known = {
            info.trial: known_of(at_rate, info.trial, shape.covariates, self.seed)
            for info in at_rate.infos
        }
        late_s = {n: d / 1000 for n, d in fitted.origin.measured_ms.items()}
        short, _ = self.task.samples(shape.rate_hz)
        pad = shape.history - short
        made = Assembly(at_rate, fitted.chain, shape, known, late_s, pad=pad)
        for person, lines in made.beyond(fitted.predictor.covariate_range).items():
            warnings.warn(f"person '{person}': {'; '.join(lines)}", stacklevel=3)
        return made

    # --- asking --------------------------------------------------------------------------------

    def predict(
        self, recording: Recording, covariates: Mapping[str, float | str] | None = None
    ) -> Forecasts:
        """Forecast at every sample of the working rate that has a full history.

        Parameters
        ----------
        recording : Recording
            At any rate, with the raw input channels.
        covariates : dict, optional
            Of the participant, where the recording does not have them.

        Returns
        -------
        Forecasts

        Raises
        ------
        GaitcastError
            If an input channel is absent, has a gap in its numbers, or the rate cannot be adapted.
        """
        fitted, shape = self.fitted, self.fitted.predictor.signature
        at_rate = self._adapted(recording)
        cohort = Cohort(recording.trial, (at_rate,), {recording.subject: dict(covariates or {})})
        assembly = self._as_fitted(cohort)
        features, segments = assembly.features(at_rate), at_rate.segments()
        values = fitted.predictor.forecast(
            [hold_first(features[segment], assembly.pad) for segment in segments]
        )
        first = shape.history - assembly.pad - 1
        times = [
            at_rate.time_s[segment][first:][: len(made)]
            for segment, made in zip(segments, values, strict=True)
        ]
        ahead_ms = np.arange(shape.first, shape.horizon + 1) * 1000 / shape.rate_hz
        return Forecasts(np.concatenate(times), ahead_ms, shape.targets, np.concatenate(values))

    def score(self, cohort: Cohort, *, from_s: float = 0.0) -> pd.DataFrame:
        """Errors on every participant of a cohort.

        Parameters
        ----------
        cohort : Cohort
            At any rates, with the targets.
        from_s : float
            See :meth:`series`; what comes before has no part in the errors.

        Returns
        -------
        pandas.DataFrame
            One row per participant and target: ``mae``, ``rmse``, ``r``, ``r2`` over all steps,
            ``windows`` and ``trained_on`` (whether the participant was part of the training).
        """
        import pandas as pd

        fitted = self.fitted
        people: dict[str, list[Any]] = {}
        for series in self.series(cohort, from_s=from_s):
            people.setdefault(series.person, []).append(series)
        if not people:
            raise GaitcastError("no recording holds a window", where=f"cohort '{cohort.name}'")
        seen = {*fitted.origin.trained_on, *fitted.origin.stopped_by, *fitted.origin.adapted_to}
        rows = [
            {"subject": person, "target": target, "unit": Channel.parse(target).unit,
             **{k: found[k] for k in ("mae", "rmse", "r", "r2", "windows")},
             "trained_on": person in seen}
            for person, targets in evaluate(fitted.predictor, people).scores.items()
            for target, found in targets.items()
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def describe(self) -> dict[str, Any]:
        """What it needs and gives.

        Returns
        -------
        dict
            ``inputs`` (raw channel to unit), ``targets``, ``rate_hz``, ``raw_hz``, ``delay_ms`` (of
            rate adapter and steps), ``ahead_ms`` (farthest step in real time), ``parameters``,
            ``multiply_adds`` a step, ``measured_ms`` (what the device must supply besides IMUs),
            ``covariates``, ``causal``, ``trained_on``, ``stopped_by``.
        """
        fitted = self.fitted
        shape, origin = fitted.predictor.signature, fitted.origin
        adapter_s, price = self.fitted.adapter_delay_s, cost(fitted.predictor.forecaster)
        return {
            "model": self.model,
            "inputs": {name: Channel.parse(name).unit for name in fitted.chain.inputs},
            "targets": {name: Channel.parse(name).unit for name in shape.targets},
            "rate_hz": shape.rate_hz,
            "raw_hz": origin.raw_hz,
            "delay_ms": round(1000 * (adapter_s + fitted.chain.delay_s), 3),
            "ahead_ms": round(1000 * (shape.horizon / shape.rate_hz - adapter_s), 3),
            "parameters": price.parameters,
            "multiply_adds": price.multiply_adds,
            "measured_ms": dict(origin.measured_ms),
            "covariates": list(shape.covariates),
            "causal": fitted.chain.causal and spec(self.model).causal and shape.first >= 0,
            "trained_on": list(origin.trained_on),
            "stopped_by": list(origin.stopped_by),
        }

    def bench(self, samples: int = 2000) -> Latency:
        """Time single live steps of its bundle on this machine, one thread.

        Parameters
        ----------
        samples : int
            How many are timed.

        Returns
        -------
        gaitcast.runtime.Latency
            Microseconds a step, and how many missed the deadline.
        """
        with TemporaryDirectory() as folder:
            return measure(Bundle.load(self.export(Path(folder) / self.label)), samples)

    # --- keeping -------------------------------------------------------------------------------

    def export(
        self,
        folder: str | Path,
        *,
        study: Mapping[str, Any] | None = None,
        half_width: np.ndarray | None = None,
    ) -> Path:
        """Write the bundle: one ONNX graph from raw sample to forecast, and a card.

        Parameters
        ----------
        folder : str or Path
            Replaced if it holds a bundle.
        study : dict, optional
            For the card: which fit of which study it is, and its scores.
        half_width : numpy.ndarray, shape (steps, targets), optional
            For the card: half of the interval that holds 90 % of new people's truth.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        GaitcastError
            If it cannot run live, or the place cannot be written.
        """
        fitted = self.fitted
        return write_bundle(
            fitted.chain,
            fitted.predictor,
            folder,
            origin=fitted.origin,
            study=study,
            half_width=half_width,
            write_pipeline=self.save_into,
        )

    def save(self, folder: str | Path) -> None:
        """Write ``pipeline.json``, ``predictor.json`` and ``weights.safetensors``.

        Parameters
        ----------
        folder : str or Path
            Replaced if it holds a pipeline and nothing else.
        """
        with new_folder(folder, PIPELINE_FILES) as draft:
            self.save_into(draft)

    def save_into(self, folder: Path) -> None:
        """Write the files of :meth:`save` into an existing folder."""
        self.fitted.write(folder, {f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, folder: str | Path) -> Pipeline:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        folder : str or Path

        Returns
        -------
        Pipeline
            With the same forecasts as the saved one.

        Raises
        ------
        GaitcastError
            If a file is missing or damaged.
        """
        place = Path(folder)
        settings, fitted = Fitted.read(place)
        made = build_options(cls, settings, str(place))
        object.__setattr__(made, "_fitted", fitted)
        return made

    @property
    def causal(self) -> bool:
        """Whether it can be had live: steps and model see the past only, and give no past."""
        sees_the_past = all(step.causal for step in self.steps) and spec(self.model).causal
        return sees_the_past and self.output != "window" and self.horizon_ms >= 0

    def needs_laboratory(self, channels: Sequence[str]) -> bool:
        """Whether one of its raw channels is known to a laboratory only."""
        return any(fnmatch.filter(channels, pattern) for pattern in self.laboratory)

    def training_settings(self) -> Training:
        """How its model is trained, its usual settings included."""
        return settings(self.model, self.training)


def _is_uniform(recording: Recording, rate_hz: float) -> bool:
    if abs(recording.rate_hz - rate_hz) > 1e-6 or not len(recording):
        return False
    off = np.abs(recording.dt_s() - 1 / rate_hz)
    off[[segment.start for segment in recording.segments()]] = 0.0
    return bool(off.max() < _UNIFORM_S)


def _raw_hz(cohort: Cohort) -> float:
    return float(np.median([info.raw_hz or info.rate_hz for info in cohort.infos]))


def _people(cohort: Cohort, series: Sequence[Any]) -> tuple[str, ...]:
    trials = {trial for s in series for trial in s.span.trial.split("+")}
    return tuple(sorted({info.subject for info in cohort.infos if info.trial in trials}))


def _parts(cohort: Cohort, stopping: Sequence[str], span: int) -> dict[str, list[Span]]:
    """Whole recordings of those who train and of those who stop; blocks of a single person."""
    parts: dict[str, list[Span]] = {"train": [], "validation": []}
    for info in cohort.infos:
        part = "validation" if info.subject in stopping else "train"
        parts[part].append(Span(info.trial, 0, info.samples))
    if not parts["validation"] and len(cohort.people) == 1:
        train, held = carve_validation(parts["train"], span)
        parts = {"train": [*train], "validation": [*held]}
    return parts
