"""`Study`: data x task x steps x models x splits x seeds, written as one TOML file."""

from __future__ import annotations

import tomllib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gaitcast.datasets import DATASETS
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.metrics import METRICS
from gaitcast.evaluation.settings import check_options
from gaitcast.evaluation.splits import SPLITS, Split
from gaitcast.models import HeadName, spec
from gaitcast.signal import STEPS, Step
from gaitcast.tasks import Task
from gaitcast.training import Augmentation, Training, settings

#: Names become parts of file names and of tables.
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.+-]*$")]
_Positive = Annotated[float, Field(gt=0)]
_Horizons = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=1)]
_Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1)]


class _Strict(BaseModel):
    """A table of the file; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise GaitcastError(
                        f"unknown key '{key}'", mend=nearest(key, [*cls.model_fields])
                    )
        return data


class DataTable(_Strict):
    """``[data]``: where recordings come from.

    ``options`` go to the simulator or the table reader; see :func:`gaitcast.datasets.load`.
    """

    dataset: str
    resample_hz: Annotated[float, Field(gt=0, le=10_000)] = 100.0
    max_gap_s: _Positive = 0.1
    options: dict[str, Any] = {}


class TaskTable(_Strict):
    """``[task]``: what is forecast, from how much past, how far."""

    name: _Name
    targets: Annotated[list[str], Field(min_length=1)]
    history_ms: _Positive
    horizons_ms: _Horizons
    output: Literal["all", "last"] = "all"


class ModelTable(_Strict):
    """``[[models]]``: one model on some inputs and steps, on all splits unless named.

    ``name`` tells two entries of the same model apart in the results.
    """

    model: str
    name: _Name | None = None
    head: HeadName = "point"
    inputs: Annotated[list[str], Field(min_length=1)]
    steps: Annotated[list[str], Field(min_length=1)] = ["none"]
    options: dict[str, Any] = {}
    training: dict[str, Any] = {}
    augment: dict[str, Any] = {}
    splits: Annotated[list[str], Field(min_length=1)] | None = None
    horizons_ms: _Horizons | None = None
    seeds: _Seeds | None = None

    @property
    def label(self) -> str:
        """What results call it."""
        return self.name or self.model


class SplitTable(_Strict):
    """``[[splits]]``: a kind, a name, its options.

    ``clock`` is ``uniform`` or ``recorded``; ``folds`` runs only the first so many.
    """

    name: Literal["within", "blocked", "cross", "loso", "kfold", "random", "transfer"]
    kind: str
    clock: Literal["uniform", "recorded"] = "uniform"
    folds: Annotated[int, Field(gt=0)] | None = None
    seeds: _Seeds | None = None
    horizons_ms: _Horizons | None = None
    options: dict[str, Any] = {}

    def make(self) -> Split:
        """Build the split.

        Returns
        -------
        Split
            With its options.

        Raises
        ------
        GaitcastError
            If the kind or an option is unknown.
        """
        if self.kind not in SPLITS:
            raise GaitcastError(
                f"unknown split kind '{self.kind}'", mend=nearest(self.kind, [*SPLITS])
            )
        kind, where = SPLITS[self.kind], f"split '{self.name}'"
        options = check_options(kind, self.options, where, given=1)
        return kind(self.name, **options)


class PublishedTable(_Strict):
    """``[[published]]``: a figure that the source reports, set beside ours."""

    split: str
    model: str
    inputs: str
    steps: str
    horizon_ms: float
    metric: str
    value: float


class QuickTable(_Strict):
    """``[quick]``: what ``--quick`` keeps."""

    horizons_ms: _Horizons | None = None
    folds: Annotated[int, Field(gt=0)] | None = None
    max_epochs: Annotated[int, Field(gt=0)] | None = None


class ExportModel(_Strict):
    """One entry of ``models`` in ``[export]``."""

    model: str
    inputs: str
    steps: str


class ExportTable(_Strict):
    """``[export]``: the fits that ``gaitcast run`` turns into bundles."""

    split: str
    fold: str
    horizon_ms: float
    models: list[ExportModel]


class Study(_Strict):
    """A whole study file, checked."""

    name: _Name
    title: str
    source: str = ""
    seeds: _Seeds = [0]
    data: DataTable
    task: TaskTable
    inputs: Annotated[dict[_Name, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]
    steps: dict[_Name, list[dict[str, Any]]] = {"none": []}
    models: Annotated[list[ModelTable], Field(min_length=1)]
    splits: Annotated[list[SplitTable], Field(min_length=1)]
    published: list[PublishedTable] = []
    quick: QuickTable = QuickTable()
    export: ExportTable | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Study:
        splits = [split.name for split in self.splits]
        for name, patterns in self.inputs.items():
            if not self.task_at(name, 1.0).channels:
                raise GaitcastError(f"holds no channel: {', '.join(patterns)}", where=name)
        own = [*(s.horizons_ms for s in self.splits), *(m.horizons_ms for m in self.models)]
        for horizons_ms in (self.task.horizons_ms, *own, self.quick.horizons_ms):
            if self.task.output == "all" and min(horizons_ms or [1.0]) <= 0:
                raise GaitcastError(
                    "a horizon of 0 ms is the present", mend='Set output = "last" to estimate it'
                )
            # The longest horizon of the task sets the gap that splits keep.
            if max(horizons_ms or [0.0]) > max(self.task.horizons_ms):
                raise GaitcastError(
                    f"horizon {max(horizons_ms or [0.0]):g} ms is beyond task.horizons_ms"
                )
        for split in self.splits:
            split.make()
            if splits.count(split.name) > 1:
                raise GaitcastError(f"two splits are named '{split.name}'")
        for name in self.steps:
            self.chain(name)
        _known(self.data.dataset, [*DATASETS], "data.dataset")
        check_options(DATASETS[self.data.dataset], self.data.options, "data.options", given=3)
        for entry in self.models:
            where, model = f"model '{entry.model}'", spec(entry.model)
            check_options(model.make, entry.options, where, given=1)
            check_options(Training, entry.training, f"{where}, training")
            check_options(Augmentation, entry.augment, f"{where}, augment")
            self._cell_is_known(where, entry.inputs, entry.steps, entry.splits or [])
            if entry.head != "point" and model.by_formula:
                raise GaitcastError(f"has no {entry.head} head: it gives points", where=where)
        for figure in self.published:
            where = "published"
            _known(figure.metric, [*METRICS], where)
            _known(figure.model, [m.label for m in self.models], where)
            self._cell_is_known(where, [figure.inputs], [figure.steps], [figure.split])
        self._export_is_live()
        return self

    def _cell_is_known(
        self, where: str, inputs: list[str], steps: list[str], splits: list[str]
    ) -> None:
        for words, known in (
            (inputs, [*self.inputs]),
            (steps, [*self.steps]),
            (splits, [str(s.name) for s in self.splits]),
        ):
            for word in words:
                _known(word, known, where)

    def _export_is_live(self) -> None:
        for wanted in self.export.models if self.export else []:
            split = self.export.split if self.export else ""
            where = f"export, model '{wanted.model}'"
            self._cell_is_known(where, [wanted.inputs], [wanted.steps], [split])
            if not all(step.causal for step in self.chain(wanted.steps)):
                raise GaitcastError(
                    f"steps '{wanted.steps}' see the future and cannot run live", where=where
                )
            if not any(
                m.label == wanted.model
                and wanted.inputs in m.inputs
                and wanted.steps in m.steps
                and (m.splits is None or split in m.splits)
                for m in self.models
            ):
                raise GaitcastError("no entry of [[models]] runs this", where=where)

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
        steps = []
        for entry in self.steps[name]:
            options = dict(entry)
            kind = str(options.pop("step", ""))
            if kind not in STEPS:
                raise GaitcastError(
                    f"unknown step '{kind}'", where=f"steps.{name}", mend=nearest(kind, [*STEPS])
                )
            where = f"steps.{name}, step '{kind}'"
            steps.append(STEPS[kind](**check_options(STEPS[kind], options, where)))
        return tuple(steps)

    def task_at(self, inputs: str, horizon_ms: float) -> Task:
        """The task for one set of inputs and one horizon.

        Parameters
        ----------
        inputs : str
            A key of ``[inputs]``.
        horizon_ms : float
            Farthest forecast.

        Returns
        -------
        Task
            With channel patterns.
        """
        table = self.task
        return Task(
            table.name,
            tuple(table.targets),
            tuple(self.inputs[inputs]),
            table.history_ms,
            horizon_ms,
            table.output,
        )

    @cached_property
    def published_values(self) -> dict[tuple[str, str, str, str, float, str], float]:
        """Published figures by split, model, inputs, steps, horizon and metric."""
        return {
            (p.split, p.model, p.inputs, p.steps, p.horizon_ms, p.metric): p.value
            for p in self.published
        }

    def quickened(self) -> Study:
        """One seed, and what ``[quick]`` keeps of horizons, folds and epochs.

        Returns
        -------
        Study
            A smaller study.
        """
        q, models = self.quick, []
        for entry in self.models:
            training = dict(entry.training)
            if q.max_epochs is not None:
                usual = settings(entry.model, training).max_epochs
                training["max_epochs"] = min(q.max_epochs, usual)
            change = {"seeds": None, "horizons_ms": None, "training": training}
            models.append(entry.model_copy(update=change))
        models = [m for k, m in enumerate(models) if m not in models[:k]]
        splits = [
            s.model_copy(
                update={
                    "seeds": None,
                    "horizons_ms": None,
                    "folds": min(filter(None, (q.folds, s.folds)), default=None),
                }
            )
            for s in self.splits
        ]
        task = self.task.model_copy(update={"horizons_ms": q.horizons_ms or self.task.horizons_ms})
        return self.model_copy(
            update={"seeds": self.seeds[:1], "models": models, "splits": splits, "task": task}
        )


def _known(word: str, known: list[str], where: str) -> None:
    if word not in known:
        raise GaitcastError(f"unknown name '{word}'", where=where, mend=nearest(word, known))


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package.

    Returns
    -------
    dict of str to Path
        By name.
    """
    folder = Path(str(resources.files("gaitcast") / "studies"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_study(name_or_path: str) -> Study:
    """Read and check a study.

    Parameters
    ----------
    name_or_path : str
        Name of a shipped study, or a path to a TOML file.

    Returns
    -------
    Study
        Checked.

    Raises
    ------
    GaitcastError
        If there is no such file, it is not TOML, or a key or value is wrong.
    """
    shipped = shipped_studies()
    path = shipped.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise GaitcastError(
            f"no study '{name_or_path}'",
            mend=f"Give a path to a TOML file, or one of: {', '.join(shipped)}",
        )
    try:
        return Study.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GaitcastError(f"not valid TOML: {error}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = str(first.get("ctx", {}).get("error", first["msg"]))
        raise GaitcastError(message, where=f"{path}, {place}" if place else str(path)) from error
