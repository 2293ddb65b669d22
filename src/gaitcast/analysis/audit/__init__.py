"""Audit: leaks that a pipeline has, and what each published habit would be worth to it."""

from gaitcast.analysis.audit.changes import AS_IT_IS, Pipeline, changed_study, pick_pipeline
from gaitcast.analysis.audit.effects import (
    Audit,
    audit_pipeline,
    effects_of,
    paper_study,
    write_audit,
)
from gaitcast.analysis.audit.leaks import (
    KINDS,
    Leak,
    find_leaks,
    leaks_by_construction,
    permuted_skill,
    study_leaks,
)

__all__ = [
    "AS_IT_IS",
    "KINDS",
    "Audit",
    "Leak",
    "Pipeline",
    "audit_pipeline",
    "changed_study",
    "effects_of",
    "find_leaks",
    "leaks_by_construction",
    "paper_study",
    "permuted_skill",
    "pick_pipeline",
    "study_leaks",
    "write_audit",
]
