"""`Study`: data x task x steps x models x splits x seeds, written as one TOML file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from gaitcast.errors import GaitcastError, each_of, raise_all
from gaitcast.evaluation.metrics import METRICS
from gaitcast.models import spec
from gaitcast.options import build_options
from gaitcast.pipeline import Pipeline, make_step
from gaitcast.signal import Step
from gaitcast.study.faults import faults_in, unknown_name
from gaitcast.study.resources import Resources, ResourcesOf
from gaitcast.study.schema import (
    DataTable,
    ExportTable,
    FullTable,
    Horizons,
    Measured,
    ModelTable,
    ModelTables,
    Name,
    PublishedTable,
    QuickTable,
    Seeds,
    Strict,
    VariantTable,
)
from gaitcast.study.values import ChainOf, SplitOf, TaskOf
from gaitcast.tasks import Task
from gaitcast.training import Augmentation, settings


class Study(Strict):
    """A whole study file, checked; each parameter is a key or a table of the file.

    Parameters
    ----------
    name : str
        Letters, digits and ``_.+-``; part of the names of files.
    title, source : str
        At the head of the report.
    seeds : list of int
        Repeats of models that are trained by gradient.
    data : DataTable
        Where recordings come from, and their working rate.
    task : Task
        What is predicted; inputs and horizon are those of each cell.
    horizons_ms : list of float
        How far ahead, one cell each; 0 for the present, less for the past.
    inputs : dict of str to list of str
        Channel patterns by the name of the set.
    steps : dict of str to list of dict
        Signal steps by the name of their chain.
    models : list of ModelTable
        Which models run, on which inputs and steps.
    splits : list of Split
        How recordings are divided.
    measured : dict of str to float or str
        Inputs that no IMU gives: how late a value arrives, ms, or ``laboratory``.
    published : list of PublishedTable
        Figures of the source, shown beside the study's own.
    resources : Resources
        What one fit takes of a machine; changes no result.
    quick, full : QuickTable, FullTable, optional
        What ``--quick`` keeps, and how ``--full`` trains.
    export : ExportTable, optional
        Fits that become bundles.
    variants : list of VariantTable
        The same study on other recordings or with other settings.

    Raises
    ------
    pydantic.ValidationError
        If values are wrong or the tables do not fit together; :func:`read_study` turns it into a
        `GaitcastError` that names all of them.
    """

    name: Name
    title: str
    source: str = ""
    seeds: Seeds = Field(default=[0])
    data: DataTable
    task: TaskOf
    horizons_ms: Horizons
    inputs: Annotated[dict[Name, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]
    steps: dict[Name, ChainOf] = Field(default={"none": []})
    models: Annotated[ModelTables, Field(min_length=1)]
    splits: Annotated[list[SplitOf], Field(min_length=1)]
    measured: Measured = Field(default={})
    published: list[PublishedTable] = Field(default=[])
    resources: ResourcesOf = Resources()
    quick: QuickTable = QuickTable()
    full: FullTable | None = None
    export: ExportTable | None = None
    variants: list[VariantTable] = Field(default=[])
    _text: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _fits_together(self) -> Study:
        found: list[GaitcastError] = []
        for checks in (self._parts_are_sound(), self._parts_fit()):
            for check in checks:
                try:
                    check()
                except GaitcastError as error:
                    found += [e for e in each_of(error) if str(e) not in map(str, found)]
            raise_all(found)  # what is wrong by itself is not also said to fit nothing
        return self

    def _parts_are_sound(self) -> Iterator[Callable[[], object]]:
        """Checks of the task and of each entry of ``[[models]]``."""
        yield self._horizons_suit_the_output
        splits = [split.name for split in self.splits]
        for name in sorted({name for name in splits if splits.count(name) > 1}):
            yield partial(_refuse, f"two splits are named '{name}'")
        for entry in self.models:
            yield from self._entry_is_sound(entry)

    def _entry_is_sound(self, entry: ModelTable) -> Iterator[Callable[[], object]]:
        where = f"model '{entry.label}'"
        yield partial(self._cell_is_known, where, entry.inputs, entry.steps, entry.splits or [])
        inputs = [name for name in entry.inputs if name in self.inputs]
        for chain in [name for name in entry.steps if name in self.steps]:
            for one in inputs:
                yield partial(self.pipeline, entry, one, chain, max(self.horizons_ms))
        if entry.score_stride > 1 and self.task.output == "window":
            what = "score_stride leaves out samples, and a curve is scored whole"
            yield partial(_refuse, what, where)

    def _horizons_suit_the_output(self) -> None:
        own = [*(s.horizons_ms for s in self.splits), *(m.horizons_ms for m in self.models)]
        asked = (self.horizons_ms, *own, self.quick.horizons_ms)
        for horizons_ms in filter(None, asked):
            if self.task.output == "all" and min(horizons_ms) <= 0:
                raise GaitcastError(
                    f"a horizon of {min(horizons_ms):g} ms is no forecast",
                    hint='Set output = "last" to estimate the present, or the past',
                )
            if self.task.output == "window" and any(horizons_ms):
                raise GaitcastError(
                    'output = "window" is the window itself', hint="Set horizons_ms = [0]"
                )
            # The longest horizon of the task sets the gap that splits keep.
            if max(horizons_ms) > max(self.horizons_ms):
                raise GaitcastError(f"horizon {max(horizons_ms):g} ms is beyond task.horizons_ms")

    def _parts_fit(self) -> Iterator[Callable[[], object]]:
        """Checks of what tables say of each other."""
        if not any(entry.quick for entry in self.models):
            yield partial(_refuse, "quick = false everywhere leaves no model for --quick")
        for figure in self.published:
            where = "published"
            yield partial(_known, figure.metric, [*METRICS], where)
            yield partial(_known, figure.model, [m.label for m in self.models], where)
            cell = [figure.inputs], [figure.steps], [figure.split]
            yield partial(self._cell_is_known, where, *cell)
        for label in self.full.models if self.full else []:
            yield partial(_known, label, [m.label for m in self.models], "full")
        if self.full:
            yield self.in_full
        yield self._export_is_live
        for number, variant in enumerate(self.variants):
            if variant.name in [v.name for v in self.variants[:number]]:
                yield partial(_refuse, f"two variants are named '{variant.name}'")
            where = f"variant '{variant.name}', without"
            for label in variant.without:
                yield partial(_known, label, [m.label for m in self.models], where)
            yield partial(self.variant, variant)

    def _cell_is_known(
        self, where: str, inputs: list[str], steps: list[str], splits: list[str]
    ) -> None:
        raise_all(
            [
                unknown_name(word, known, where)
                for words, known in (
                    (inputs, [*self.inputs]),
                    (steps, [*self.steps]),
                    (splits, [str(s.name) for s in self.splits]),
                )
                for word in words
                if word not in known
            ]
        )

    def _export_is_live(self) -> None:
        if self.export and (self.task.output == "window" or self.export.horizon_ms < 0):
            raise GaitcastError("the past cannot be exported: no device waits for it")
        for wanted in self.export.models if self.export else []:
            split = self.export.split if self.export else ""
            where = f"export, model '{wanted.model}'"
            self._cell_is_known(where, [wanted.inputs], [wanted.steps], [split])
            if not all(step.causal for step in self.chain(wanted.steps)):
                raise GaitcastError(
                    f"steps '{wanted.steps}' see the future and cannot run live", where=where
                )
            entries = [
                m
                for m in self.models
                if m.label == wanted.model
                and wanted.inputs in m.inputs
                and wanted.steps in m.steps
                and (m.splits is None or split in m.splits)
            ]
            if not entries:
                raise GaitcastError("no entry of [[models]] runs this", where=where)
            if not any(m.quick for m in entries):
                raise GaitcastError("quick = false leaves out what is exported", where=where)

    @property
    def warnings(self) -> list[str]:
        """Choices that a reader of the results should know, a line each."""
        used = {name for entry in self.models for name in entry.steps}
        found = [
            f"steps '{name}' are used by no entry of [[models]]: name them in an entry"
            for name in self.steps
            if name not in used and name != "none"
        ]
        for entry in self.models:
            least_ms = spec(entry.model).make.least_history_ms
            if least_ms > self.task.history_ms:
                found.append(
                    f"{entry.label} looks {least_ms:g} ms back, not {self.task.history_ms:g} ms as "
                    "the others: a shorter past shows no whole gait cycle"
                )
        return found

    @property
    def text(self) -> str:
        """The file it was read from, word for word; empty for one made otherwise."""
        return self._text

    def chain(self, name: str) -> tuple[Step, ...]:
        """Signal steps by the name of their chain.

        Parameters
        ----------
        name : str
            A key of ``[steps]``.

        Returns
        -------
        tuple of Step
            In order.

        Raises
        ------
        GaitcastError
            If a step or one of its options is unknown.
        """
        return tuple(make_step(entry, f"steps.{name}") for entry in self.steps[name])

    def task_at(self, inputs: str, horizon_ms: float) -> Task:
        """The task for one key of ``[inputs]`` and one horizon."""
        return replace(self.task, inputs=tuple(self.inputs[inputs]), horizon_ms=horizon_ms)

    def pipeline(
        self,
        entry: ModelTable,
        inputs: str,
        steps: str,
        horizon_ms: float,
        *,
        seed: int = 0,
        rate_hz: float | None = None,
    ) -> Pipeline:
        """One cell of the study.

        Parameters
        ----------
        entry : ModelTable
            Of ``models``.
        inputs, steps : str
            Keys of ``[inputs]`` and ``[steps]``.
        horizon_ms : float
        seed : int
        rate_hz : float, optional
            Working rate; None leaves the recordings' clocks alone.

        Returns
        -------
        Pipeline
            Not fitted.

        Raises
        ------
        GaitcastError
            For an unknown or impossible option.
        """
        augment = build_options(Augmentation, entry.augment, "augment") if entry.augment else None
        patterns = tuple(self.inputs[inputs])
        values = {
            "inputs": patterns,
            "targets": self.task.targets,
            "history_ms": self.task.history_ms,
            "horizon_ms": horizon_ms,
            "output": self.task.output,
            "steps": self.chain(steps),
            "model": entry.model,
            "options": entry.options,
            "training": entry.training,
            "augment": augment,
            "head": entry.head,
            "relative": entry.relative,
            "rate_hz": rate_hz,
            "max_gap_s": self.data.max_gap_s,
            "measured_ms": {k: v for k, v in self.measured.items() if v != "laboratory"},
            "laboratory": tuple(k for k, v in self.measured.items() if v == "laboratory"),
            "seed": seed,
            "name": entry.label,
        }
        return build_options(Pipeline, values, f"model '{entry.label}', inputs '{inputs}'")

    @cached_property
    def published_values(self) -> dict[tuple[str, str, str, str, float, str], float]:
        """Published figures by split, model, inputs, steps, horizon and metric."""
        return {
            (p.split, p.model, p.inputs, p.steps, p.horizon_ms, p.metric): p.value
            for p in self.published
        }

    def on_data(self, folder: str | Path | None) -> Study:
        """The study itself, or on simulated people where it allows that and no folder is given.

        Parameters
        ----------
        folder : str, Path or None
            Of the recordings; None looks at ``$GAITCAST_DATA``.

        Returns
        -------
        Study
            With ``-simulated`` in its name, and no published figures, if people are simulated.
        """
        if self.data.stand_in is None or folder is not None or os.environ.get("GAITCAST_DATA"):
            return self
        simulated = {"dataset": "simulated", "options": self.data.stand_in, "stand_in": None}
        return self.model_copy(
            update={
                "name": f"{self.name}-simulated",
                "title": f"{self.title} (simulated people)",
                "data": self.data.model_copy(update=simulated),
                "published": [],
            }
        )

    def quickened(self) -> Study:
        """One seed, what ``[quick]`` keeps of horizons, folds and epochs, no ``quick = false``.

        Returns
        -------
        Study
            A smaller study.
        """
        q, models = self.quick, []
        for entry in [m for m in self.models if m.quick]:
            training = dict(entry.training)
            if q.max_epochs is not None:
                usual = settings(entry.model, training).max_epochs
                training["max_epochs"] = min(q.max_epochs, usual)
            tune = entry.tune and entry.tune.model_copy(
                update={"trials": min(3, entry.tune.trials)}
            )
            change = {"seeds": None, "horizons_ms": None, "training": training, "tune": tune}
            models.append(entry.model_copy(update=change))
        models = [m for k, m in enumerate(models) if m not in models[:k]]
        splits = [
            replace(
                s,
                seeds=None,
                horizons_ms=None,
                max_folds=min(filter(None, (q.max_folds, s.max_folds)), default=None),
            )
            for s in self.splits
        ]
        ahead = q.horizons_ms or self.horizons_ms
        return self.model_copy(
            update={
                "title": f"{self.title} (a first look, --quick)",
                "seeds": self.seeds[:1],
                "models": models,
                "splits": splits,
                "horizons_ms": ahead,
            }
        )

    def in_full(self) -> Study:
        """With the training and the seeds of ``[full]``.

        Raises
        ------
        GaitcastError
            If the study has no such table, or a training setting does not exist.
        """
        if self.full is None:
            raise GaitcastError(
                "has no long form",
                where=f"study '{self.name}'",
                hint="Leave out --full, or add a [full] table",
            )
        models = []
        for entry in self.models:
            if entry.label in self.full.models:
                training = {**entry.training, **self.full.training}
                change = {"training": training, "seeds": self.full.seeds or entry.seeds}
                settings(entry.model, training)
                entry = entry.model_copy(update=change)
            models.append(entry)
        return self.model_copy(update={"models": models})

    def variant(self, table: VariantTable) -> Study:
        """The study as one of its variants has it.

        Parameters
        ----------
        table : VariantTable
            One of ``variants``.

        Returns
        -------
        Study
            ``STUDY-VARIANT``, checked.
        """
        other = {
            k: getattr(table, k)
            for k in (
                "data",
                "task",
                "horizons_ms",
                "inputs",
                "measured",
                "splits",
                "seeds",
                "quick",
            )
        }
        changed = {name: value for name, value in other.items() if value is not None}
        inputs = [*changed.get("inputs", self.inputs)]
        splits = [split.name for split in changed.get("splits", self.splits)]
        models = [
            part
            for entry in self.models
            if entry.label not in table.without
            for part in entry.beside(table.models, inputs, splits)
        ]
        models += table.models
        if not models:
            raise GaitcastError(
                "leaves no model",
                where=f"variant '{table.name}'",
                hint="Its inputs and splits need names that models ask for",
            )
        made = self.model_copy(
            update={
                "name": f"{self.name}-{table.name}",
                "title": table.title,
                "models": models,
                "published": [],
                "export": None,
                "full": None,
                "variants": [],
                **changed,
            }
        )
        try:
            return Study.model_validate(made.model_dump())
        except ValidationError as error:
            where = f"variant '{table.name}'"
            raise_all([GaitcastError(str(e), where=where) for _, e in faults_in(error)])
            raise

    def parts(self, folder: str | Path | None) -> dict[str, tuple[Study, Path | None]]:
        """What one command runs: the study, then its variants, each with the folder of its data.

        Parameters
        ----------
        folder : str, Path or None
            Of the recordings; None looks at ``$GAITCAST_DATA``.

        Returns
        -------
        dict of str to tuple of Study and Path or None
            By name of the variant, the study itself as ``""``. Where there are variants, the parts
            on simulated people, who come from no folder, stand beside the others without.
        """
        folder = Path(folder) if folder is not None else None
        alone = self.model_copy(update={"variants": []}).on_data(folder)
        if not self.variants:
            return {"": (alone, folder)}
        parts = {"": alone, **{table.name: self.variant(table) for table in self.variants}}
        return {
            name: (part, None if part.data.dataset == "simulated" else folder)
            for name, part in parts.items()
        }

    def repeated(self, seeds: int) -> Study:
        """As many repeats as wanted, of all that names no seeds of its own.

        Parameters
        ----------
        seeds : int
            Repeats; their seeds count from 0.

        Returns
        -------
        Study
            Fits of seeds that it ran before are the same.
        """
        return self.model_copy(update={"seeds": [*range(seeds)]})


def _known(word: str, known: list[str], where: str) -> None:
    if word not in known:
        raise unknown_name(word, known, where)


def _refuse(what: str, where: str = "", hint: str = "") -> None:
    raise GaitcastError(what, where=where, hint=hint)
