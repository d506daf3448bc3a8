"""The start page: where the base stands, what to do about it this week, and how it came about.

It reads what is kept: the counts of each day, and what the day's recompute found of the whole shop
(connector.judging.kept), so that it answers at once however many orders there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from sqlalchemy import Connection, func, select

from connector.catalogue import Family, Stage
from connector.days import day_date, parse_day
from connector.faults import explained
from connector.history.counts import counts, people_on
from connector.history.movements import evolution
from connector.judging.kept import Kept, kept
from connector.models import Segment
from connector.notes import LONGEST, add, notes, remove
from connector.tables import table
from sync.language.lapsing import told
from sync.language.vocabulary import CAUSES
from sync.language.voice import Voice
from sync.push import waiting
from sync.web.chart import Chart, Flow, Flows, Mark, Series
from sync.web.decisions import Decision, decisions
from sync.web.desk import Here, Seen, Sight
from sync.web.done import Done
from sync.web.page import Action, Page
from sync.web.rendering import Place
from sync.web.trust import Trust, Turn, trust, turns

POINTS = 170
"""So many ends of weeks, at most, the evolution is drawn with; a longer past has fewer of each month."""

FIRST = "first_purchase"
"""The objective of those who have not bought: where nobody says since when they are known, they all come at once."""

segments = table(Segment)
Span = Literal["7", "30", "90"]


@dataclass(frozen=True)
class Standing:
    """A stage today, and how many more it holds than 7, 30 and 90 days ago; None where that is not known."""

    key: str
    label: str
    told: str
    people: int
    share: float | None
    week: int | None
    month: int | None
    quarter: int | None


@dataclass(frozen=True)
class Moved:
    """So many went from one stage to another, and why; a stage is None for who was not there, or is no more."""

    origin: str | None
    target: str | None
    origin_label: str
    target_label: str
    people: int
    causes: dict[str, int]
    told: str  # the causes in words


@dataclass(frozen=True)
class Marked:
    """What to know of a day: a note, a definition that changed, or days (until `last`) without any order."""

    number: int
    kind: Literal["note", "definition", "silence"]
    day: str
    last: str | None
    text: str
    note: int | None = None  # its number, to take it away


@dataclass(frozen=True)
class Week:
    """The start page; `judged` is the day of decisions and movements, None before the first recompute."""

    as_of: str
    day: str  # in words
    people: int
    sentence: str
    ahead: str | None  # who is about to go, and what is at stake
    family: str
    label: str
    families: dict[str, str]  # those to choose from
    span: Span
    decisions: list[Decision]
    judged: str | None
    stages: list[Standing]
    chart: Chart | None
    marks: list[Marked]
    moves: list[Moved]
    flows: Flows | None
    trust: Trust
    turns: list[Turn]
    scheduled: bool  # whether the shops are read again without being asked to


def week(
    desk: Seen,
    family: Annotated[str, Query(description="By which stages; by default those of the first.", max_length=80)] = "",
    span: Annotated[Span, Query(description="Days over which movements are told.")] = "30",
) -> Week:
    """Where the base stands, at most five decisions, and how it came about."""
    families = desk.shelf.families
    staged = {entry.key: entry for entry in families if len(entry.stages) > 1}
    chosen = staged.get(family) or next(iter(staged.values()), None)
    with desk.reading() as connection:
        found, today = kept(connection), desk.workspace.today()
        undated = found.found.get("undated", False)
        course = None if chosen is None else _Course.read(connection, chosen, today, undated=undated)
        held = _held(connection, families, today)
        marks = list(_marks(desk, connection, found, course))
        plans = waiting(connection)
        about = trust(desk, connection, found), turns(desk, connection)
    stages = [] if course is None else list(course.standings(desk))
    full = desk.say.day(day_date(today), "full")
    moves = [] if chosen is None else list(_moves(desk, found, chosen, span))
    return Week(
        as_of=day_date(today).isoformat(),
        day=full[:1].upper() + full[1:],
        people=sum(stage.people for stage in stages),
        sentence=_sentence(desk, stages),
        ahead=None if chosen is None else told(desk.say, found, chosen),
        family=chosen.key if chosen else "",
        label=chosen.label.of(desk.say.language) if chosen else "",
        families={key: entry.label.of(desk.say.language) for key, entry in staged.items()},
        span=span,
        decisions=decisions(desk, found, held, plans),
        judged=None if found.day is None else day_date(found.day).isoformat(),
        stages=stages,
        chart=None if course is None else course.chart(desk, marks),
        marks=marks,
        moves=moves,
        flows=None if chosen is None else _flows(chosen, moves),
        trust=about[0],
        turns=about[1],
        scheduled=desk.workspace.scheduled,
    )


@dataclass(frozen=True)
class _Course:
    """How many people each stage of a family held at the end of each day since the first."""

    family: Family
    days: Sequence[Mapping[str, Any]]
    undated: bool  # whether there are accounts of which nobody says since when

    @staticmethod
    def read(connection: Connection, family: Family, today: int, *, undated: bool) -> _Course | None:
        """The course of a family up to today; None where no day of it is kept."""
        first = connection.scalar(
            select(func.min(counts.c.day))
            .join(segments, segments.c.id == counts.c.segment_id)
            .where(segments.c.family == family.key)
        )
        if first is None or first > today:
            return None
        return _Course(family, evolution(connection, family.key, first, today)["days"], undated)

    def standings(self, desk: Sight) -> Iterator[Standing]:
        """Each stage today."""
        now, language = self.days[-1]["people"], desk.say.language
        everybody = sum(now.values())
        for stage in self.family.stages:
            people = now.get(stage.key, 0)
            yield Standing(
                self.family.segment_key(stage),
                stage.label.of(language),
                self.family.told(stage, language),
                people,
                people / everybody if everybody else None,
                *(self._more(stage, ago) for ago in (7, 30, 90)),
            )

    def _more(self, stage: Stage, ago: int) -> int | None:
        """How many more people it holds than so many days ago; None where it is not known who was there."""
        if len(self.days) <= ago or (self.undated and stage.objective == FIRST):
            return None
        return int(self.days[-1]["people"].get(stage.key, 0) - self.days[-1 - ago]["people"].get(stage.key, 0))

    def chart(self, desk: Sight, marks: Sequence[Marked]) -> Chart | None:
        """The course as a stacked area, with what is marked; None of a single day."""
        if len(self.days) < 2:
            return None
        step = 7 * -(-len(self.days) // (7 * POINTS))
        ends = self.days[::-1][::step][::-1]
        return Chart(
            "area",
            [end["day"] for end in ends],
            [
                Series(stage.label.of(desk.say.language), [end["people"].get(stage.key, 0) for end in ends])
                for stage in self.family.stages
            ],
            marks=[Mark(mark.number, mark.day, mark.last) for mark in marks],
        )

    def changes(self) -> Iterator[tuple[str, int]]:
        """The days on which another version of the definition began to speak."""
        for before, after in zip(self.days, self.days[1:], strict=False):
            if before["version"] != after["version"]:
                yield after["day"], after["version"]


def _sentence(desk: Sight, stages: Sequence[Standing]) -> str:
    """Where the base stands, in one sentence: how many there are, where most are, and what changed most in a month."""
    say, people = desk.say, sum(stage.people for stage in stages)
    if not people:
        return say.text("Personne n'est encore compté.", "Nobody is counted yet.")
    most = max(stages, key=lambda stage: stage.people)
    told = say.text(
        "Votre base compte {people}, dont {share} à l'étape «\u00a0{stage}\u00a0»",
        "There are {people} in your base, {share} of them at the stage “{stage}”",
        people=say.people(people),
        share=say.percent(most.share),
        stage=most.label,
    )
    if all(stage.month is None for stage in stages):
        return f"{told}."
    moved = sorted((stage for stage in stages if stage.month), key=lambda stage: stage.month or 0)
    changes = [_changed(say, stage) for stage in dict.fromkeys([*moved[-1:], *moved[:1]])]
    if not changes:
        return told + say.text(" ; rien n'a bougé en 30 jours.", "; nothing has moved in 30 days.")
    joined = say.text(" et ", " and ").join(changes)
    return told + say.text(" ; en 30 jours, {changes}.", "; in 30 days, {changes}.", changes=joined)


def _changed(say: Voice, stage: Standing) -> str:
    more = stage.month or 0
    verb, people = say.text("gagne", "gained") if more > 0 else say.text("perd", "lost"), say.people(abs(more))
    return say.text("«\u00a0{label}\u00a0» {verb} {n}", "“{label}” {verb} {n}", label=stage.label, verb=verb, n=people)


def _held(connection: Connection, families: Sequence[Family], today: int) -> dict[str, int]:
    """How many people each stage and audience in force holds."""
    ours = {family.segment_key(stage) for family in families for stage in family.stages}
    rows = connection.execute(select(segments.c.id, segments.c.key).where(segments.c.active))
    keys = {row.id: row.key for row in rows if row.key in ours}
    people = people_on(connection, keys, today)
    return {key: people.get(number, 0) for number, key in keys.items()}


def _marks(desk: Sight, connection: Connection, found: Kept, course: _Course | None) -> Iterator[Marked]:
    """What to know of days, in their order."""
    made: list[tuple[str, Literal["note", "definition", "silence"], str | None, str, int | None]] = []
    for note in notes(connection):
        made.append((day_date(note.day).isoformat(), "note", None, note.text, note.number))
    for day, version in () if course is None else course.changes():
        text = desk.say.text("Nouvelle définition (version {n})", "New definition (version {n})", n=version)
        made.append((day, "definition", None, text, None))
    for first, last in found.found.get("silences", ()):
        made.append((first, "silence", last, desk.say.text("Aucune commande", "No order at all"), None))
    for number, (day, kind, last, text, note_number) in enumerate(sorted(made, key=lambda mark: mark[0]), 1):
        yield Marked(number, kind, day, last, text, note_number)


def _moves(desk: Sight, found: Kept, family: Family, span: Span) -> Iterator[Moved]:
    """The movements over a span as they were kept; stages that the family has no more keep their keys."""
    report = found.found.get("movements", {}).get(family.key, {}).get(span, {"moves": ()})
    labels: dict[str, str] = {stage.key: stage.label.of(desk.say.language) for stage in family.stages}
    arrived, gone = desk.say.text("Arrivés", "Arrived"), desk.say.text("Partis", "Gone")
    for move in report["moves"]:
        origin, target, causes = move["from"], move["to"], move["causes"]
        yield Moved(
            origin,
            target,
            arrived if origin is None else labels.get(origin, origin),
            gone if target is None else labels.get(target, target),
            move["people"],
            causes,
            _why(desk.say, causes),
        )


def _why(say: Voice, causes: Mapping[str, int]) -> str:
    """The causes in words, with their numbers where there are several."""
    words = [(say.text(*CAUSES[cause]), number) for cause, number in causes.items()]
    return words[0][0] if len(words) == 1 else ", ".join(f"{word} {say.number(number)}" for word, number in words)


def _flows(family: Family, moves: Sequence[Moved]) -> Flows | None:
    """The movements as a drawing: stages before on the left, after on the right; None where nobody moved."""
    if not moves:
        return None
    order: dict[str | None, int] = {stage.key: number for number, stage in enumerate(family.stages, 1)}
    origins = {move.origin: move.origin_label for move in moves}
    targets = {move.target: move.target_label for move in moves}
    left, right = (sorted(side, key=lambda key: (order.get(key, 0), key or "")) for side in (origins, targets))
    return Flows(
        [(origins[key], order.get(key, 0)) for key in left],
        [(targets[key], order.get(key, 0)) for key in right],
        [Flow(left.index(move.origin), right.index(move.target), move.people, move.told) for move in moves],
    )


def keep_note(
    desk: Here,
    day: Annotated[str, Form(max_length=10)],
    text: Annotated[str, Form(max_length=LONGEST)],
) -> Done:
    """Keep a note of a day."""
    with explained(desk.workspace.engine), desk.workspace.engine.begin() as connection:
        add(connection, parse_day(day), text)
    return Done("/#notes", desk.say.text("C'est noté.", "Noted."))


def drop_note(desk: Here, note: Annotated[int, Form()]) -> Done:
    """Take a note away."""
    with explained(desk.workspace.engine), desk.workspace.engine.begin() as connection:
        remove(connection, note)
    return Done("/#notes", desk.say.text("La note est effacée.", "The note is gone."))


PAGE = Page("/", "week.html", week, api="/week", place=Place("week", "/", "Cette semaine", "This week"))
ACTIONS = (Action("/notes/add", keep_note), Action("/notes/remove", drop_note))
