"""The tables that a study file is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from gaitcast.datasets import DATASETS, find_loader
from gaitcast.errors import GaitcastError, nearest, raise_all
from gaitcast.evaluation.protocol import Protocol
from gaitcast.models import MODELS, HeadName, Range, spec
from gaitcast.options import build_options, check_options
from gaitcast.study.preparation import PREPARATIONS
from gaitcast.study.values import SplitOf, TaskOf, all_of
from gaitcast.training import Augmentation, Training

#: Names become parts of file names and of tables.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.+-]*$")]
_Positive = Annotated[float, Field(gt=0)]
Horizons = Annotated[list[Annotated[float, Field(ge=-60_000, le=60_000)]], Field(min_length=1)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1)]


#: Channel or pattern -> delay in ms of what a device measures, or "laboratory" for what none does.
Measured = dict[str, Annotated[float, Field(ge=0)] | Literal["laboratory"]]


def _line(error: GaitcastError) -> InitErrorDetails:
    return InitErrorDetails(type="value_error", loc=(), input=None, ctx={"error": error})


def _again(detail: ErrorDetails) -> InitErrorDetails:
    return InitErrorDetails(
        type=detail["type"], loc=detail["loc"], input=detail["input"], ctx=detail.get("ctx", {})
    )


class Strict(BaseModel):
    """A table of the file; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _horizons_of_the_task(cls, data: Any) -> Any:
        """``[task] horizons_ms`` is an axis of the study and none of the task's fields."""
        task = data.get("task") if isinstance(data, dict) else None
        if isinstance(task, dict) and "horizons_ms" in task:
            rest = {k: v for k, v in task.items() if k != "horizons_ms"}
            return {**data, "task": rest, "horizons_ms": task["horizons_ms"]}
        return data

    @model_validator(mode="wrap")
    @classmethod
    def _known_keys(cls, data: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        """Unknown keys beside all else that is wrong."""
        known = cls.model_fields
        unknown = [key for key in data if key not in known] if isinstance(data, dict) else []
        if not unknown:
            return check(data)
        faults = [
            _line(GaitcastError(f"unknown key '{key}'", hint=nearest(key, [*known])))
            for key in unknown
        ]
        try:
            check({key: value for key, value in data.items() if key in known})
        except ValidationError as error:
            faults += [_again(detail) for detail in error.errors()]
        raise ValidationError.from_exception_data(cls.__name__, faults)


class DataTable(Strict):
    """``[data]``: where recordings come from.

    ``options`` go to the simulator or the table reader; see :func:`gaitcast.datasets.load`.
    ``participants = "confirmed"`` says that the participants are right although the loader is not
    certain of them. Where ``complete`` names channels, only parts of recordings are kept in which
    all of them were measured for ``least_s``, see
    :func:`gaitcast.study.complete.complete_only`; then ``prepare`` names what is made of the
    recordings, see :mod:`gaitcast.study.preparation`.
    Without a ``dataset`` the recordings are given in Python (``cross_validate``).
    ``stand_in`` are options of the simulator, for when no folder is given.
    """

    dataset: str = ""
    resample_hz: Annotated[float, Field(gt=0, le=10_000)] = 100.0
    max_gap_s: _Positive = 0.1
    options: dict[str, Any] = {}
    participants: Literal["", "confirmed"] = ""
    complete: list[str] = []
    least_s: Annotated[float, Field(ge=0)] = 0.0
    prepare: list[str] = []
    stand_in: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _can_be_loaded(self) -> DataTable:
        found = all_of(
            *(partial(_preparation, name) for name in self.prepare),
            *([self._options_suit] if self.dataset else ()),
            *([self._people_suit] if self.stand_in is not None else ()),
        )
        raise_all(found)
        return self

    def _options_suit(self) -> None:
        check_options(find_loader(self.dataset), self.options, "data.options", given=3)

    def _people_suit(self) -> None:
        check_options(DATASETS["simulated"], self.stand_in or {}, "data.stand_in", given=3)


def _preparation(name: str) -> None:
    if name not in PREPARATIONS:
        raise GaitcastError(f"unknown preparation '{name}'", hint=nearest(name, [*PREPARATIONS]))


def _as_range(value: Any) -> Any:
    return build_options(Range, value, "tune") if isinstance(value, dict) else value


_RangeOf = Annotated[Range, BeforeValidator(_as_range)]
_Choices = Annotated[list[bool | int | float | str], Field(min_length=1)]


class TuneTable(Strict):
    """``tune``: a search inside the training part of each fold, see :mod:`gaitcast.study.search`.

    ``trials`` are fitted beside the options that the entry states. The training people are divided
    into ``inner`` groups, each held out once; with 1, and where parts are not held apart by people,
    the validation part of the fold judges. ``against`` weighs the error against the cost of one
    more sample. Without ``options`` and ``training`` the model's own space is searched.
    """

    trials: Annotated[int, Field(gt=0)] = 20
    inner: Annotated[int, Field(gt=0)] = 3
    against: Literal["", "multiply-adds", "latency"] = ""
    options: dict[str, _Choices | _RangeOf] = {}
    training: dict[str, _Choices | _RangeOf] = {}

    def space(self) -> dict[str, list[Any] | Range]:
        """All that is searched.

        Returns
        -------
        dict
            Keys begin with ``options.`` or ``training.``.
        """
        return {
            f"{kind}.{name}": over
            for kind, table in (("options", self.options), ("training", self.training))
            for name, over in table.items()
        }

    def cases(self, kind: str) -> list[dict[str, Any]]:
        """What may be chosen, one option at a time, to check before anything is run.

        Parameters
        ----------
        kind : str
            ``options`` or ``training``.

        Returns
        -------
        list of dict
            All values of lists, both ends of ranges.
        """
        table: dict[str, Any] = getattr(self, kind)
        return [
            {name: value}
            for name, over in table.items()
            for value in ((over.low, over.high) if isinstance(over, Range) else over)
        ]


class ModelTable(Strict):
    """``[[models]]``: one model on some inputs and steps, on all splits unless named.

    ``name`` distinguishes two entries of the same model in the results; ``relative`` has
    changes from the present forecast. A list for ``model`` stands for one entry of each, all
    else being equal. Two things spare a model that takes minutes: ``quick = false`` keeps it
    out of ``--quick``, and it is scored at every ``score_stride``-th sample, which gives no
    curves and so no peaks.
    """

    model: str
    name: Name | None = None
    head: HeadName = "point"
    relative: bool = False
    inputs: Annotated[list[str], Field(min_length=1)]
    steps: Annotated[list[str], Field(min_length=1)] = ["none"]
    options: dict[str, Any] = {}
    training: dict[str, Any] = {}
    augment: dict[str, Any] = {}
    protocol: dict[str, Any] = {}
    tune: TuneTable | None = None
    splits: Annotated[list[str], Field(min_length=1)] | None = None
    horizons_ms: Horizons | None = None
    seeds: Seeds | None = None
    quick: bool = True
    score_stride: Annotated[int, Field(gt=0)] = 1

    @model_validator(mode="before")
    @classmethod
    def _own_space(cls, data: Any) -> Any:
        """A search that names nothing searches what the model offers."""
        tune = data.get("tune") if isinstance(data, dict) else None
        if not isinstance(tune, dict) or tune.get("options") or tune.get("training"):
            return data
        model = MODELS.get(str(data.get("model")))
        own: dict[str, dict[str, Any]] = {"options": {}, "training": {}}
        for name, over in (model.space if model else {}).items():
            kind, _, option = name.partition(".")
            own[kind][option] = over
        return {**data, "tune": {**tune, **own}}

    @model_validator(mode="after")
    def _can_be_made(self) -> ModelTable:
        where = f"model '{self.label}'"
        known = spec(self.model)
        checks: list[Callable[[], object]] = [
            partial(build_options, Protocol, self.protocol, f"{where}, protocol")
        ]
        for one in self.variations():
            training = {**known.training, **one.training}
            checks.append(partial(check_options, known.make, one.options, where, given=1))
            checks.append(partial(build_options, Training, training, f"{where}, training"))
        if self.augment:
            checks.append(partial(build_options, Augmentation, self.augment, f"{where}, augment"))
        found = all_of(*checks)
        if self.tune and not self.tune.space():
            found.append(
                GaitcastError("tune searches nothing", where=where, hint="Give it options")
            )
        raise_all(found)
        return self

    def variations(self) -> list[ModelTable]:
        """The entry with each value that its search may choose, one at a time; itself first."""
        cases = [
            (kind, case)
            for kind in ("options", "training")
            for case in (self.tune.cases(kind) if self.tune else ())
        ]
        changed = [{kind: {**getattr(self, kind), **case}} for kind, case in cases]
        return [self, *(self.model_copy(update=change) for change in changed)]

    @property
    def label(self) -> str:
        """What results call it."""
        return self.name or self.model

    def beside(
        self, others: list[ModelTable], inputs: list[str], splits: list[str]
    ) -> list[ModelTable]:
        """What a variant keeps of the entry beside its own ones.

        Parameters
        ----------
        others : list of ModelTable
            Of the variant: they stand in the place of the same name, inputs, steps and split.
        inputs, splits : list of str
            Names that the variant has.

        Returns
        -------
        list of ModelTable
            For each chain of steps, as far as anything is left.
        """
        taken = {
            (i, step, split)
            for other in others
            if other.label == self.label
            for i in other.inputs
            for step in other.steps
            for split in other.splits or splits
        }
        kept = []
        for step in self.steps:
            left = {
                i: tuple(
                    split
                    for split in self.splits or splits
                    if split in splits and (i, step, split) not in taken
                )
                for i in self.inputs
                if i in inputs
            }
            for some in filter(None, dict.fromkeys(left.values())):
                alike = [i for i in left if left[i] == some]
                change = {"inputs": alike, "steps": [step], "splits": [*some]}
                kept.append(self.model_copy(update=change))
        return kept


def _one_of_each(entries: Any) -> Any:
    if not isinstance(entries, list):
        return entries
    each: list[Any] = []
    for entry in entries:
        models = entry.get("model") if isinstance(entry, dict) else None
        listed = models if isinstance(models, list) else []
        if len(listed) > 1 and entry.get("name"):
            raise GaitcastError(
                f"'{entry['name']}' cannot name {len(listed)} models", hint="Leave the name out"
            )
        each += [{**entry, "model": model} for model in listed] or [entry]
    return each


#: Entries of ``[[models]]``.
ModelTables = Annotated[list[ModelTable], BeforeValidator(_one_of_each)]


class PublishedTable(Strict):
    """``[[published]]``: a figure that the source reports, set beside ours."""

    split: str
    model: str
    inputs: str
    steps: str
    horizon_ms: float
    metric: str
    value: float


class QuickTable(Strict):
    """``[quick]``: what ``--quick`` keeps of each entry that it runs."""

    horizons_ms: Horizons | None = None
    max_folds: Annotated[int, Field(gt=0)] | None = None
    max_epochs: Annotated[int, Field(gt=0)] | None = None


class FullTable(Strict):
    """``[full]``: how ``--full`` trains some models, as their source does.

    ``training`` stands in the place of what their entries have of it, and ``seeds`` in that of
    theirs.
    """

    models: Annotated[list[str], Field(min_length=1)]
    training: Annotated[dict[str, Any], Field(min_length=1)]
    seeds: Seeds | None = None


class VariantTable(Strict):
    """``[[variants]]``: the same comparison on other recordings, or asked in another way.

    What it names stands in the place of the study's own. ``models`` come to the study's, and stand
    in the place of those of the same name, inputs, steps and split. The study's run on those of
    their inputs and splits that it has; those in ``without`` do not run.
    """

    name: Name
    title: str
    data: DataTable | None = None
    task: TaskOf | None = None
    horizons_ms: Horizons | None = None
    inputs: dict[Name, Annotated[list[str], Field(min_length=1)]] | None = None
    measured: Measured | None = None
    splits: Annotated[list[SplitOf], Field(min_length=1)] | None = None
    seeds: Seeds | None = None
    quick: QuickTable | None = None
    models: ModelTables = []
    without: list[str] = []


class ExportModel(Strict):
    """One entry of ``models`` in ``[export]``."""

    model: str
    inputs: str
    steps: str


class ExportTable(Strict):
    """``[export]``: the fits that ``gaitcast run`` turns into bundles."""

    split: str
    fold: str
    horizon_ms: float
    models: list[ExportModel]
