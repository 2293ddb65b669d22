"""Audit: leaks that a pipeline has, and the effect of each published protocol choice."""

from gaitcast.analysis.audit.changes import AS_IT_IS, Cell, changed_study, pick_cell
from gaitcast.analysis.audit.effects import (
    Audit,
    audit_cell,
    effects_of,
    paper_study,
    write_audit,
)
from gaitcast.analysis.audit.leaks import (
    KINDS,
    Leak,
    find_leaks,
    leaks_by_construction,
    leaks_of_pipeline,
    permuted_skill,
    study_leaks,
)

__all__ = [
    "AS_IT_IS",
    "KINDS",
    "Audit",
    "Cell",
    "Leak",
    "audit_cell",
    "changed_study",
    "effects_of",
    "find_leaks",
    "leaks_by_construction",
    "leaks_of_pipeline",
    "paper_study",
    "permuted_skill",
    "pick_cell",
    "study_leaks",
    "write_audit",
]
