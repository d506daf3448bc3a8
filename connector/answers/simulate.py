"""Who would be in which stage if rules were others, without anything of it being kept.

    supposition = suppose(library, ["spread.window=120"], on=["spread"])       families as they are and would be
    with answered(connection, supposition, as_of) as answers:     everyone's stages in both, in a temporary table
        compared(connection, answers, supposition, as_of)         people by stage before and after, and who would move

Both are answered from the orders themselves, so for any past day; a figure of the shop that must be made is not kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, func, insert, null, select

from connector.answers.reports import incomplete
from connector.catalogue import Family, Library
from connector.catalogue.change import Changed, change, require_values
from connector.history.calibrations import in_force
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.language import Language
from connector.models import BigInt
from connector.people import emails
from connector.query.select import state
from connector.scratch import standing

SAMPLE = 3
"""So many of the people of each move are named."""

Move = tuple[str | None, str | None]
"""From one stage to another; None for those who are in none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A family as it would be, and as it is: None where it is not there yet, or lacks a value."""

    before: Family | None
    after: Family
    on: bool  # whether it is switched on, so that its stages can be pushed

    @property
    def same(self) -> bool:
        """Whether both put everyone into the same stage."""
        return self.before is not None and self.before.rules() == self.after.rules()


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is changed, the families that are on or changed, and the keys of those about which something is said."""

    changes: tuple[Changed, ...]
    pairs: tuple[Pair, ...]
    told: frozenset[str]

    @property
    def after(self) -> tuple[Family, ...]:
        """The families as they would be."""
        return tuple(pair.after for pair in self.pairs)

    def stages(self, answers: Table) -> list[tuple[Family, ColumnElement[int]]]:
        """The families that are switched on, each with the column of where everyone would be."""
        return [(pair.after, answers.c[f"after_{number}"]) for number, pair in enumerate(self.pairs) if pair.on]


def suppose(library: Library, changes: Iterable[str], on: Iterable[str], language: Language = "en") -> Supposition:
    """The families of the keys `on` and of the changes; SettingsError or QueryError for a change that cannot be made.

    A family whose rules mention a changed segment is changed with it.
    """
    made, latest = [], library
    for text in changes:
        made.append(change(latest, text, language))
        latest = made[-1].library
    lit = list(on)
    named = [part.key for one in made for part in latest.named(one.entry)]
    keys = list(dict.fromkeys([*lit, *named]))
    for key in keys:
        require_values(latest.entry(key), language)
    whole = {entry.key for entry in library.entries() if not entry.missing}
    before = {family.key: family for family in library.chosen(keys=[key for key in keys if key in whole])}
    after = latest.chosen(keys=keys)
    pairs = tuple(Pair(before.get(family.key), family, family.key in lit) for family in after)
    told = frozenset(pair.after.key for pair in pairs if pair.after.key in named or not pair.same)
    return Supposition(tuple(made), pairs, told)


@contextmanager
def answered(connection: Connection, supposition: Supposition, as_of: int) -> Iterator[Table]:
    """A temporary table of everyone: customer_id, and the place of their stage in before_0, after_0 of each pair."""
    names = [f"{side}_{number}" for number, _ in enumerate(supposition.pairs) for side in ("before", "after")]
    answers = Table(
        "supposed_stages",
        MetaData(),
        Column("customer_id", BigInt, primary_key=True, autoincrement=False),
        *(Column(name, BigInt) for name in names),
        prefixes=["TEMPORARY"],
    )
    with standing(connection, answers):
        _fill(connection, answers, supposition, as_of)
        yield answers


def compared(
    connection: Connection, answers: Table, supposition: Supposition, as_of: int, language: Language = "en"
) -> list[dict[str, Any]]:
    """Each family about which something is said: people by stage before and after, and who would move.

    {"key", "on", "complete", "before": {stage: people}, "after": {…}, "moves": [{"from", "to", "people"}], "staying",
    "sample": [{"person", "email", "from", "to"}]}; a stage is null for those who are in none. One that reaches behind
    what a store shows of its history is not complete, and says the `reason`.
    """
    why = incomplete(connection, supposition.after, as_of, language)
    found = []
    for number, pair in enumerate(supposition.pairs):
        if pair.after.key in supposition.told:
            sides = answers.c[f"before_{number}"], answers.c[f"after_{number}"]
            reason = why.get(pair.after.key)
            completeness = {"complete": reason is None} | ({} if reason is None else {"reason": reason})
            found.append(
                {
                    "key": pair.after.key,
                    "on": pair.on,
                    **completeness,
                    **_family(connection, pair.after, answers, sides),
                }
            )
    return found


def _fill(connection: Connection, answers: Table, supposition: Supposition, as_of: int) -> None:
    currency, choices, columns = currency_of(connection), [], []
    for number, pair in enumerate(supposition.pairs):
        after = pair.after.choice(f"after_{number}", currency, range(len(pair.after.stages)))
        before = None
        if pair.before is not None and not pair.same:
            before = pair.before.choice(f"before_{number}", currency, range(len(pair.before.stages)))
        choices += [after] if before is None else [before, after]
        columns += [(pair.before is not None, before or after), (True, after)]
    asked = state(choices, shape_of(connection, as_of))
    q = asked.select.subquery("q")
    rows = select(q.c.customer_id, *(q.c[choice.name] if there else null() for there, choice in columns))
    values = asked.clock.values(as_of, in_force(connection, choices))
    connection.execute(insert(answers).from_select(answers.columns.keys(), rows), values)


def _family(
    connection: Connection, family: Family, answers: Table, sides: tuple[ColumnElement[int], ColumnElement[int]]
) -> dict[str, Any]:
    keys = [stage.key for stage in family.stages]
    people: Counter[Move] = Counter()
    for row in connection.execute(select(*sides, func.count().label("people")).group_by(*sides)):
        people[_named(keys, row[0]), _named(keys, row[1])] += row.people
    moves = {move: number for move, number in people.items() if move[0] != move[1]}
    sums: dict[str, Counter[str | None]] = defaultdict(Counter)
    for (before, after), number in people.items():
        sums["before"][before] += number
        sums["after"][after] += number
    return {
        **{side: {key: sums[side][key] for key in keys} for side in ("before", "after")},
        "moves": [{"from": a, "to": b, "people": moves[a, b]} for a, b in sorted(moves, key=lambda m: _order(keys, m))],
        "staying": sum(number for (before, after), number in people.items() if before == after is not None),
        "sample": _sample(connection, keys, answers, sides),
    }


def _sample(
    connection: Connection,
    keys: Sequence[str],
    answers: Table,
    sides: tuple[ColumnElement[int], ColumnElement[int]],
) -> list[dict[str, Any]]:
    """The first people of each move, with an e-mail address where there is one."""
    before, after = (side.label(name) for side, name in zip(sides, ("before", "after"), strict=True))
    place = func.row_number().over(partition_by=sides, order_by=answers.c.customer_id).label("place")
    moving = select(answers.c.customer_id, before, after, place).where(sides[0].is_distinct_from(sides[1]))
    numbered = moving.subquery("moving")
    rows = connection.execute(select(numbered).where(numbered.c.place <= SAMPLE)).all()
    addresses = emails(connection, [row.customer_id for row in rows])
    people = [
        {
            "person": row.customer_id,
            "email": addresses.get(row.customer_id),
            "from": _named(keys, row.before),
            "to": _named(keys, row.after),
        }
        for row in rows
    ]
    return sorted(people, key=lambda one: (_order(keys, (one["from"], one["to"])), one["person"]))


def _named(keys: Sequence[str], place: int | None) -> str | None:
    return None if place is None else keys[place]


def _order(keys: Sequence[str], move: Move) -> list[int]:
    """Where a move stands in a list: by the stages' own order, those who are in none first."""
    return [-1 if key is None else keys.index(key) for key in move]
