"""Pushing: the differences between what people's segments want and what a destination holds, and taking them back."""

from sync.push.describe import describe, sentence
from sync.push.plan import EVERYTHING, Scope, plan
from sync.push.run import Prepared, apply_plan, carry_out, dry_run, forget, prepare, push, resume
from sync.push.summary import Guard, ItemCount, PlannedChange, PlanSummary, listed, load, recent, waiting
from sync.push.target import CONTACT_AFTER, SCORES, FieldTexts, GivenField, Target
from sync.push.undo import leave, undo

__all__ = [
    "CONTACT_AFTER",
    "EVERYTHING",
    "SCORES",
    "FieldTexts",
    "GivenField",
    "Guard",
    "ItemCount",
    "PlanSummary",
    "PlannedChange",
    "Prepared",
    "Scope",
    "Target",
    "apply_plan",
    "carry_out",
    "describe",
    "dry_run",
    "forget",
    "leave",
    "listed",
    "load",
    "plan",
    "prepare",
    "push",
    "recent",
    "resume",
    "sentence",
    "undo",
    "waiting",
]
