"""`Study`: data x task x steps x models x splits x seeds, written as one TOML file."""

from __future__ import annotations

import tomllib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.splits import SPLITS, Split
from gaitcast.models import spec
from gaitcast.signal import STEPS, Step
from gaitcast.tasks import Task
from gaitcast.training import Training


class _Strict(BaseModel):
    """A table of the file; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    resample_hz: Annotated[float, Field(gt=0)] = 100.0
    max_gap_s: Annotated[float, Field(gt=0)] = 0.1
    options: dict[str, Any] = {}


class TaskTable(_Strict):
    """``[task]``: what is forecast, from how much past, how far."""

    name: str
    targets: Annotated[list[str], Field(min_length=1)]
    history_ms: Annotated[float, Field(gt=0)]
    horizons_ms: Annotated[list[float], Field(min_length=1)]


class ModelTable(_Strict):
    """``[[models]]``: one model on some inputs and steps, on all splits unless named."""

    model: str
    inputs: Annotated[list[str], Field(min_length=1)]
    steps: Annotated[list[str], Field(min_length=1)] = ["none"]
    options: dict[str, Any] = {}
    training: dict[str, Any] = {}
    splits: list[str] | None = None
    horizons_ms: list[float] | None = None
    seeds: list[int] | None = None


class SplitTable(_Strict):
    """``[[splits]]``: a kind, a name, its options.

    ``clock`` is ``uniform`` or ``recorded``; ``folds`` runs only the first so many.
    """

    name: str
    kind: str
    clock: Literal["uniform", "recorded"] = "uniform"
    folds: Annotated[int, Field(gt=0)] | None = None
    seeds: list[int] | None = None
    horizons_ms: list[float] | None = None
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
        options = {k: tuple(v) if isinstance(v, list) else v for k, v in self.options.items()}
        return _make(SPLITS[self.kind], {"name": self.name, **options}, f"split '{self.name}'")


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

    horizons_ms: list[float] | None = None
    folds: int | None = None
    max_epochs: int | None = None
    splits: list[str] | None = None
    models: list[str] | None = None


class ExportTable(_Strict):
    """``[export]``: the fits that ``gaitcast run`` turns into bundles."""

    split: str
    fold: str
    horizon_ms: float
    models: list[dict[str, str]] = []


class Study(_Strict):
    """A whole study file, checked."""

    name: str
    title: str
    source: str = ""
    seeds: Annotated[list[int], Field(min_length=1)] = [0]
    data: DataTable
    task: TaskTable
    inputs: dict[str, list[str]]
    steps: dict[str, list[dict[str, Any]]] = {"none": []}
    models: Annotated[list[ModelTable], Field(min_length=1)]
    splits: Annotated[list[SplitTable], Field(min_length=1)]
    published: list[PublishedTable] = []
    quick: QuickTable = QuickTable()
    export: ExportTable | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> Study:
        for split in self.splits:
            split.make()
        for name in self.steps:
            self.chain(name)
        split_names = [s.name for s in self.splits]
        for entry in self.models:
            where = f"model '{entry.model}'"
            known_options = spec(entry.model).options
            for words, known in (
                (entry.inputs, [*self.inputs]),
                (entry.steps, [*self.steps]),
                (entry.splits or [], split_names),
                (entry.options, known_options),
                (entry.training, [*Training.__dataclass_fields__]),
            ):
                for word in words:
                    if word not in known:
                        raise GaitcastError(
                            f"unknown name '{word}'", where=where, mend=nearest(word, [*known])
                        )
        return self

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
            steps.append(_make(STEPS[kind], options, f"steps.{name}, step '{kind}'"))
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
        )

    @cached_property
    def published_values(self) -> dict[tuple[str, str, str, str, float, str], float]:
        """Published figures by split, model, inputs, steps, horizon and metric."""
        return {
            (p.split, p.model, p.inputs, p.steps, p.horizon_ms, p.metric): p.value
            for p in self.published
        }

    def quickened(self) -> Study:
        """One seed, and what ``[quick]`` keeps of horizons, splits and models.

        Returns
        -------
        Study
            A smaller study.
        """
        q = self.quick
        models = [m for m in self.models if q.models is None or m.model in q.models]
        splits = [s for s in self.splits if q.splits is None or s.name in q.splits]
        kept = [s.name for s in splits]
        models = [
            m.model_copy(
                update={
                    "seeds": None,
                    "splits": m.splits and [s for s in m.splits if s in kept],
                    "horizons_ms": None,
                    "training": {**m.training, "max_epochs": q.max_epochs}
                    if q.max_epochs
                    else m.training,
                }
            )
            for m in models
        ]
        models = [m for k, m in enumerate(models) if m not in models[:k]]
        fewer = {"seeds": None, "horizons_ms": None, "folds": q.folds}
        splits = [s.model_copy(update=fewer) for s in splits]
        task = self.task.model_copy(update={"horizons_ms": q.horizons_ms or self.task.horizons_ms})
        return self.model_copy(
            update={"seeds": self.seeds[:1], "models": models, "splits": splits, "task": task}
        )


def _make(kind: type, options: dict[str, Any], where: str) -> Any:
    known = [*kind.__dataclass_fields__]  # type: ignore[attr-defined]
    for key in options:
        if key not in known:
            raise GaitcastError(f"unknown option '{key}'", where=where, mend=nearest(key, known))
    try:
        return kind(**options)
    except TypeError as error:
        raise GaitcastError(str(error).split("__init__() ")[-1], where=where) from error


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
