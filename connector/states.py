"""What is said of plans, of their changes, and of runs: of which kind they are, where they stand, how they ended."""

from __future__ import annotations

from enum import StrEnum


class PlanKind(StrEnum):
    """What a plan is for."""

    PUSH = "push"
    UNDO = "undo"  # it takes back what a run wrote
    LEAVE = "leave"  # it takes away all that was ever written


class PlanState(StrEnum):
    """Where a plan stands."""

    PLANNED = "planned"
    APPLYING = "applying"
    APPLIED = "applied"
    INTERRUPTED = "interrupted"  # another one was begun while it was being applied
    REFUSED = "refused"  # by a guard
    CANCELLED = "cancelled"


UNDECIDED = (PlanState.PLANNED, PlanState.REFUSED)
"""States of plans of which nothing was sent, and that can still be asked for."""

SENT = (PlanState.APPLIED, PlanState.APPLYING, PlanState.INTERRUPTED)
"""States of plans of which something may have been sent, and may stand at their destination."""


class ChangeOutcome(StrEnum):
    """How a change of a plan ended; of those that were sent, in the destination's words."""

    ACCEPTED = "accepted"
    KEPT = "kept"  # left as it is, for a reason
    REFUSED = "refused"  # for ever
    RETRY = "retry"  # this time only
    ABSENT = "absent"  # nobody was there


class Obstacle(StrEnum):
    """Why an address is left alone at a destination."""

    REFUSED = "refused"  # for ever
    ABSENT = "absent"  # not known there
    GONE = "gone"  # was known there once


class RunOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"  # by a guard
    STOPPED = "stopped"  # asked to, from outside
