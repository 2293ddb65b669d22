"""One pipeline of a study, and the same pipeline with one protocol choice changed at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gaitcast.analysis.audit.leaks import Kind
from gaitcast.channel import match_channels
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.splits import LeaveOneSubjectOut, RandomWindows, Split
from gaitcast.models import Signature, build, spec
from gaitcast.signal import STEPS
from gaitcast.study.schema import ModelTable
from gaitcast.study.study import Study
from gaitcast.study.workspace import Workspace

AS_IT_IS = "as it is"
_CUTOFF_HZ = 6.0


@dataclass(frozen=True)
class Cell:
    """One model on one set of inputs, one chain of steps and one split.

    Parameters
    ----------
    entry : ModelTable
        Of the study.
    inputs, steps, split : str
        Names in the study.
    """

    entry: ModelTable
    inputs: str
    steps: str
    split: str


def pick_cell(study: Study, wanted: Mapping[str, str | None]) -> Cell:
    """The pipeline that is meant, or the most deployable one.

    Parameters
    ----------
    study : Study
        To audit.
    wanted : dict
        ``model``, ``inputs``, ``steps`` and ``split``; None leaves one open. Without wishes: what
        the study exports, else its first network, on its first split.

    Returns
    -------
    Cell
        First that fits.

    Raises
    ------
    GaitcastError
        If none fits.
    """
    exported = study.export.models[0] if study.export and study.export.models else None
    usual = {
        "model": exported.model if exported else None,
        "inputs": exported.inputs if exported else None,
        "steps": exported.steps if exported else None,
        "split": study.export.split if study.export else None,
    }
    if all(value is None for value in wanted.values()):
        wanted = usual
    found = [
        Cell(entry, inputs, steps, split.name)
        for entry in study.models
        for split in study.splits
        if entry.splits is None or split.name in entry.splits
        for inputs in entry.inputs
        for steps in entry.steps
    ]
    for key, value in wanted.items():
        if value is not None:
            known = sorted({_named(p, key) for p in found})
            found = [p for p in found if _named(p, key) == value]
            if not found:
                raise GaitcastError(
                    f"no entry of [[models]] has {key} '{value}'", hint=nearest(value, known)
                )
    return next((p for p in found if not spec(p.entry.model).baseline), found[0])


def _named(pipeline: Cell, key: str) -> str:
    return pipeline.entry.label if key == "model" else str(getattr(pipeline, key))


def changed_study(workspace: Workspace, pipeline: Cell) -> Study:
    """A study of the pipeline as it is and with every protocol choice turned.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    pipeline : Cell
        From :func:`pick_cell`.

    Returns
    -------
    Study
        Each entry of ``models`` is one change, named by its kind; a choice that the pipeline
        has made is turned off, any other is turned on.
    """
    study = workspace.study
    split = next(s for s in study.splits if s.name == pipeline.split)
    start = pipeline.entry.model_copy(
        update={"inputs": [pipeline.inputs], "steps": [pipeline.steps], "splits": [split.name]}
    )
    draft = _Draft(workspace, start, dict(study.inputs), dict(study.steps), [split])
    entries = [start.model_copy(update={"name": AS_IT_IS})]
    for kind, change in _CHANGES.items():
        changed = change(draft)
        if changed is None:
            continue
        entry, turned_off = changed
        name = f"without {kind}" if turned_off else kind
        entries.append(entry.model_copy(update={"name": name}))
    return study.model_copy(
        update={
            "models": entries,
            "inputs": draft.inputs,
            "steps": draft.steps,
            "splits": draft.splits,
            "published": [],
            "export": None,
        }
    )


@dataclass
class _Draft:
    workspace: Workspace
    entry: ModelTable
    inputs: dict[str, list[str]]
    steps: dict[str, list[dict[str, Any]]]
    splits: list[Split]


#: The changed entry, and whether the choice was turned off; None if nothing would be left.
_Changed = tuple[ModelTable, bool] | None


def _filtering(draft: _Draft) -> _Changed:
    chain = draft.steps[draft.entry.steps[0]]
    off = any(not STEPS[step["step"]].causal for step in chain)
    causal, offline = "butterworth", "offline_butterworth"
    turn = {offline: causal} if off else {causal: offline}
    turned = [{**step, "step": turn.get(step["step"], step["step"])} for step in chain]
    if off:
        turned = [step for step in turned if STEPS[step["step"]].causal]
    elif turned == chain:
        turned = [*chain, {"step": offline, "cutoff_hz": _CUTOFF_HZ}]
    draft.steps["turned"] = turned
    return draft.entry.model_copy(update={"steps": ["turned"]}), off


def _windows(draft: _Draft) -> _Changed:
    split = draft.splits[0]
    if split.leaks:
        kind: type[Split] = LeaveOneSubjectOut
        name, off = "people apart", True
    else:
        kind, name, off = RandomWindows, "random windows", False
    kept = {k: getattr(split, k) for k in ("clock", "seeds", "horizons_ms")}
    draft.splits.append(kind(name, max_folds=split.max_folds if off else None, **kept))
    # Augmented copies of windows assigned at random would stand in all parts.
    return draft.entry.model_copy(update={"splits": [name], "augment": {}}), off


def _protocol(key: str, choice: str, usual: str) -> Callable[[_Draft], _Changed]:
    def change(draft: _Draft) -> _Changed:
        off = draft.entry.protocol.get(key, usual) == choice
        turned = {**draft.entry.protocol, key: usual if off else choice}
        return draft.entry.model_copy(update={"protocol": turned}), off

    return change


def _target(draft: _Draft) -> _Changed:
    study, name = draft.workspace.study, draft.entry.inputs[0]
    first = draft.workspace.cohort(draft.splits[0].clock).recordings[0]
    task = study.task_at(name, max(study.horizons_ms))
    channels = match_channels(first.channels, task.channels, where=f"inputs '{name}'")
    off = any(target in channels for target in task.targets)
    left = [c for c in channels if c not in task.targets]
    if not off and min(study.horizons_ms) == 0:
        return None  # an estimate of the present from itself is refused anyhow
    if off and (not left or draft.entry.relative or _needs_target(draft.entry.model)):
        return None
    known = [f"wearer:{c}" for c in task.covariates]
    draft.inputs["turned"] = [*(left if off else (*channels, *task.targets)), *known]
    return draft.entry.model_copy(update={"inputs": ["turned"]}), off


def _needs_target(model: str) -> bool:
    try:
        build(model, Signature(("input",), ("target",), 50, 1, 100.0))
    except GaitcastError:
        return True
    return False


_CHANGES: dict[Kind, Callable[[_Draft], _Changed]] = {
    "zero-phase filtering": _filtering,
    "random windows": _windows,
    "scaler on all data": _protocol("scaler", "all", "train"),
    "windows across borders": _protocol("borders", "joined", "kept"),
    "validation inside training": _protocol("validation", "inside", "apart"),
    "tuning on test": _protocol("validation", "test", "apart"),
    "target among the inputs": _target,
}
