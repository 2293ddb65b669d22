"""The tables that a study file is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.protocol import Protocol
from gaitcast.evaluation.splits import SPLITS, Split
from gaitcast.models import HeadName, spec
from gaitcast.study.options import check_options
from gaitcast.training import Augmentation, Range, Training

#: Names become parts of file names and of tables.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.+-]*$")]
_Positive = Annotated[float, Field(gt=0)]
_Horizons = Annotated[list[Annotated[float, Field(ge=-60_000, le=60_000)]], Field(min_length=1)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1)]


class Strict(BaseModel):
    """A table of the file; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise GaitcastError(
                        f"unknown key '{key}'", hint=nearest(key, [*cls.model_fields])
                    )
        return data


class DataTable(Strict):
    """``[data]``: where recordings come from.

    ``options`` go to the simulator or the table reader; see :func:`gaitcast.datasets.load`.
    ``prepare`` names what is made of the recordings first, see :mod:`gaitcast.study.preparation`.
    ``stand_in`` are options of the simulator, for when no folder is given.
    """

    dataset: str
    resample_hz: Annotated[float, Field(gt=0, le=10_000)] = 100.0
    max_gap_s: _Positive = 0.1
    options: dict[str, Any] = {}
    prepare: list[str] = []
    stand_in: dict[str, Any] | None = None


class TaskTable(Strict):
    """``[task]``: what is forecast, from how much past, how far.

    ``output`` is ``all`` steps up to the horizon, the ``last`` one alone, or the ``window`` itself:
    a whole curve from a whole curve, which no device has live. With ``last`` a horizon of 0 is the
    present and a negative one the past, which hindsight tells better and no device has live either.
    """

    name: Name
    targets: Annotated[list[str], Field(min_length=1)]
    history_ms: Annotated[float, Field(gt=0, le=600_000)]
    horizons_ms: _Horizons
    output: Literal["all", "last", "window"] = "all"


class RangeTable(Strict):
    """``{ low, high, log }``: numbers that a search may choose."""

    low: float | int
    high: float | int
    log: bool = False

    @model_validator(mode="after")
    def _can_be_drawn(self) -> RangeTable:
        if self.low >= self.high:
            raise GaitcastError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise GaitcastError(f"log needs low above 0, not {self.low:g}")
        return self

    def make(self) -> Range:
        """As the search takes it.

        Returns
        -------
        Range
            Same bounds.
        """
        return Range(self.low, self.high, self.log)


_Choices = Annotated[list[bool | int | float | str], Field(min_length=1)]


class TuneTable(Strict):
    """``tune``: a search inside the training part, judged on the validation part of each fold."""

    trials: Annotated[int, Field(gt=0)] = 20
    options: dict[str, _Choices | RangeTable] = {}
    training: dict[str, _Choices | RangeTable] = {}

    def space(self) -> dict[str, list[Any] | Range]:
        """All that is searched.

        Returns
        -------
        dict
            Keys begin with ``options.`` or ``training.``.
        """
        return {
            f"{kind}.{name}": over.make() if isinstance(over, RangeTable) else over
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
            for value in ((over.low, over.high) if isinstance(over, RangeTable) else over)
        ]


class ModelTable(Strict):
    """``[[models]]``: one model on some inputs and steps, on all splits unless named.

    ``name`` tells two entries of the same model apart in the results; ``relative`` has changes from
    the present forecast. A list for ``model`` stands for one entry of each, all else being equal.
    Two things spare a model that takes minutes: ``quick = false`` keeps it out of ``--quick``, and
    it is scored at every ``score_stride``-th sample, which gives no curves and so no peaks.
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
    horizons_ms: _Horizons | None = None
    seeds: Seeds | None = None
    quick: bool = True
    score_stride: Annotated[int, Field(gt=0)] = 1

    def check(self) -> None:
        """Check all options of the entry.

        Raises
        ------
        GaitcastError
            For the first that is unknown or out of bounds.
        """
        where, model = f"model '{self.model}'", spec(self.model)
        check_options(Augmentation, self.augment, f"{where}, augment")
        check_options(Protocol, self.protocol, f"{where}, protocol")
        for kind, target, given in (("options", model.make, 1), ("training", Training, 0)):
            fixed: dict[str, Any] = getattr(self, kind)
            for searched in [{}, *(self.tune.cases(kind) if self.tune else ())]:
                place = where if kind == "options" else f"{where}, {kind}"
                check_options(target, {**fixed, **searched}, place, given=given)
        if self.tune and not self.tune.space():
            raise GaitcastError("tune searches nothing", where=where, hint="Give it options")
        if self.head != "point" and model.by_formula:
            raise GaitcastError(f"has no {self.head} head: it gives points", where=where)

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


class SplitTable(Strict):
    """``[[splits]]``: a kind, a name, its options.

    ``clock`` is ``uniform`` or ``recorded``; ``folds`` runs only the first so many.
    """

    name: Name
    kind: str
    clock: Literal["uniform", "recorded"] = "uniform"
    folds: Annotated[int, Field(gt=0)] | None = None
    seeds: Seeds | None = None
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
                f"unknown split kind '{self.kind}'", hint=nearest(self.kind, [*SPLITS])
            )
        kind, where = SPLITS[self.kind], f"split '{self.name}'"
        options = check_options(kind, self.options, where, given=1)
        return kind(self.name, **options)


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

    horizons_ms: _Horizons | None = None
    folds: Annotated[int, Field(gt=0)] | None = None
    max_epochs: Annotated[int, Field(gt=0)] | None = None


class VariantTable(Strict):
    """``[[variants]]``: the same comparison on other recordings, or asked in another way.

    What it names stands in the place of the study's own. ``models`` come to the study's, and stand
    in the place of those of the same name, inputs, steps and split. The study's run on those of
    their inputs and splits that it has; those in ``without`` do not run.
    """

    name: Name
    title: str
    data: DataTable | None = None
    task: TaskTable | None = None
    inputs: dict[Name, Annotated[list[str], Field(min_length=1)]] | None = None
    splits: Annotated[list[SplitTable], Field(min_length=1)] | None = None
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
