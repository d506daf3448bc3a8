"""Notes of a push: what is about to be sent, written before it is; and what came of it, written after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, insert, update

from connector.database import bulk_update, upsert
from connector.days import epoch
from connector.destination import Outcome, RemoteState, Result
from connector.models import Change, Consent, Delivery, Refusal
from connector.states import ChangeOutcome, Obstacle, PlanKind
from connector.tables import table
from connector.text import fold
from sync.push.step import Held, standing, valued
from sync.push.target import CONTACT
from sync.push.work import Asked, Decision, Found, Job

ABSENT = {
    Obstacle.ABSENT: "The destination does not know this address.",
    Obstacle.GONE: "The contact was removed at the destination; it is not created again.",
}

_changes, _deliveries, _refusals, _consents = table(Change), table(Delivery), table(Refusal), table(Consent)
_DELIVERY = ["destination_id", "item", "identity_id"]

Pair = tuple[Decision, Outcome | None]
"""A decision and what came of it; None where nothing had to be sent."""

Row = dict[str, Any]


def write_down(connection: Connection, job: Job, decisions: Sequence[Decision]) -> None:
    """Store what was found, and what is about to be sent."""
    found, ahead = [], []
    for decision in decisions:
        for asked, step in decision.steps:
            text = msgspec.json.encode(_found(asked, decision.there, job.names)).decode()
            if asked.change_id is None:
                _insert(connection, job, decision, asked, text)
            else:
                found.append((asked.change_id, text))
            if step.writes and step.ahead and not decision.absent:
                ahead.append(_delivery(job, decision, asked, step.ahead))
    bulk_update(connection, _changes, ["found"], found)
    _upsert(connection, _deliveries, _DELIVERY, ahead)
    _upsert(connection, _consents, ["customer_id", "channel", "source", "identity_id"], _agreed(job, decisions))


def settle(connection: Connection, job: Job, pairs: Sequence[Pair]) -> None:
    """Store what came of the decisions: outcomes, deliveries, and what is not to be tried again."""
    outcomes, extra, held, gone, refused = [], [], [], [], []
    for decision, outcome in pairs:
        for asked, step in decision.steps:
            result, reason = _result(decision, asked, outcome if step.writes else None)
            if result is ChangeOutcome.ACCEPTED and step.reason:
                result, reason = ChangeOutcome.KEPT, step.reason
            if asked.change_id is None:
                extra.append({**_place(job, decision, asked), "outcome": result, "reason": reason or None})
            else:
                outcomes.append((asked.change_id, result, reason or None))
            noted = result in {ChangeOutcome.ACCEPTED, ChangeOutcome.KEPT}
            if noted and step.after:
                held.append(_delivery(job, decision, asked, step.after))
            elif noted:
                gone.append({f"of_{name}": value for name, value in _key(job, decision, asked).items()})
            elif result is not ChangeOutcome.RETRY:
                kind = decision.absent or Obstacle.REFUSED
                refused.append(
                    {
                        **_key(job, decision, asked),
                        "value": asked.new,
                        "outcome": kind,
                        "reason": reason,
                        "at": epoch(job.now),
                    }
                )
    bulk_update(connection, _changes, ["outcome", "reason"], outcomes)
    _finish_extra(connection, extra)
    _upsert(connection, _deliveries, _DELIVERY, held)
    _forget(connection, gone)
    _forget_absent(connection, job, [decision.work.identity_id for decision, _ in pairs if decision.absent])
    if job.plan.kind == PlanKind.PUSH:
        _refuse(connection, job, pairs, refused)


def _result(decision: Decision, asked: Asked, outcome: Outcome | None) -> tuple[ChangeOutcome, str]:
    if decision.absent and asked.new is not None:
        return ChangeOutcome.ABSENT, ABSENT[decision.absent]
    if decision.absent or outcome is None:
        return ChangeOutcome.ACCEPTED, ""
    return ChangeOutcome(outcome.result), outcome.reason


def _found(asked: Asked, there: RemoteState, names: dict[str, str]) -> Found:
    if asked.item.startswith("tag:"):
        texts = {text for text in (asked.old, asked.new) if text} | (asked.held.ours() if asked.held else set())
        here = standing(there)
        tags = tuple(sorted(here[fold(text)] for text in texts if fold(text) in here))
        return Found(there.exists, tags=tags, held=asked.held)
    return Found(there.exists, value=valued(there, names.get(asked.item, "")), held=asked.held)


def _insert(connection: Connection, job: Job, decision: Decision, asked: Asked, found: str) -> None:
    connection.execute(
        insert(_changes).values(
            plan_id=job.plan.plan_id,
            identity_id=decision.work.identity_id,
            customer_id=decision.work.customer_id,
            item=asked.item,
            new=asked.new,
            found=found,
        )
    )


def _finish_extra(connection: Connection, rows: list[Row]) -> None:
    if rows:
        mine = [_changes.c[name] == bindparam(f"of_{name}") for name in ("plan_id", "identity_id", "item")]
        values: Row = {name: bindparam(name) for name in ("outcome", "reason")}
        connection.execute(update(_changes).where(*mine).values(values), rows)


def _place(job: Job, decision: Decision, asked: Asked) -> Row:
    return {"of_plan_id": job.plan.plan_id, "of_identity_id": decision.work.identity_id, "of_item": asked.item}


def _key(job: Job, decision: Decision, asked: Asked) -> Row:
    return {
        "destination_id": job.destination_id,
        "item": asked.item,
        "identity_id": decision.work.identity_id,
    }


def _delivery(job: Job, decision: Decision, asked: Asked, held: Held) -> Row:
    values = {name: getattr(held, name) for name in ("value", "sending", "owned", "before", "run_id")}
    return {**_key(job, decision, asked), **values}


def _agreed(job: Job, decisions: Iterable[Decision]) -> list[Row]:
    """The consents that the destination told; ours to know, never to write there."""
    return [
        {
            "customer_id": decision.work.customer_id,
            "channel": "email",
            "source": job.plan.destination,
            "identity_id": decision.work.identity_id,
            "state": str(decision.there.consent),
            "since": None,
        }
        for decision in decisions
        if decision.there.consent
    ]


def _forget(connection: Connection, rows: list[Row]) -> None:
    if rows:
        mine = [_deliveries.c[name] == bindparam(f"of_{name}") for name in _DELIVERY]
        connection.execute(delete(_deliveries).where(*mine), rows)


def _forget_absent(connection: Connection, job: Job, ids: list[int]) -> None:
    """Whoever is not there holds nothing of ours."""
    rows = [{"of_destination_id": job.destination_id, "of_identity_id": identity_id} for identity_id in ids]
    for item in (CONTACT, *job.names) if rows else ():
        _forget(connection, [{**row, "of_item": item} for row in rows])


def _refuse(connection: Connection, job: Job, pairs: Sequence[Pair], rows: list[Row]) -> None:
    """Replace what was refused at these addresses, but for those that are to be tried again anyway."""
    tried = [
        {"of_destination_id": job.destination_id, "of_identity_id": decision.work.identity_id}
        for decision, outcome in pairs
        if outcome is None or outcome.result is not Result.RETRY
    ]
    if tried:
        mine = [_refusals.c[name] == bindparam(f"of_{name}") for name in ("destination_id", "identity_id")]
        connection.execute(delete(_refusals).where(*mine), tried)
    _upsert(connection, _refusals, ["destination_id", "identity_id", "item"], rows)


def _upsert(connection: Connection, to: Table, key: list[str], rows: list[Row]) -> None:
    if rows:
        connection.execute(upsert(connection, to, key), rows)
