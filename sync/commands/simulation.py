"""A simulation as tables for people, in the settings' language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rich import box
from rich.console import Console
from rich.table import Table

from connector.catalogue import Audience, Family
from sync.language.voice import Voice

T = TypeVar("T")

BAR = 24
"""How long the bar of all gaps is."""


def show(say: Voice, report: Mapping[str, Any], families: Iterable[Family]) -> None:
    """Print what a simulation has found: changes, stages, moves, pushes, and the window that fits the shop."""
    console, known = Console(highlight=False), {family.key: family for family in families}
    for change in report["changes"]:
        before = "–" if change["before"] is None else change["before"]
        console.print(f"{change['key']}: {before} → {change['after']}", markup=False)
    for found in report["families"]:
        _family(console, say, found, known[found["key"]])
    _pushes(console, say, report["pushes"])
    _window(console, say, report["window"])
    say.say("Rien n'a été écrit.", "Nothing was written.")


def _family(console: Console, say: Voice, found: Mapping[str, Any], family: Family) -> None:
    labels = {stage.key: stage.label.of(say.language) for stage in family.stages}
    off = "" if found["on"] or isinstance(family, Audience) else say.text(" (non activée)", " (not switched on)")
    stages = ruled(
        f"{family.label.of(say.language)}{off}", say.choose(["", "avant", "après", ""], ["", "before", "after", ""])
    )
    for key, label in labels.items():
        before, after = found["before"][key], found["after"][key]
        stages.add_row(label, say.number(before), say.number(after), difference(say, after - before))
    console.print(stages)
    if not found["complete"]:
        console.print(f"! {found['reason']}", markup=False)
    if found["moves"]:
        console.print(_moves(say, found, labels))
    if found["staying"]:
        staying = say.people(found["staying"])
        say.say(f"Sans changement : {staying}.", f"Unchanged: {staying}.")


def _moves(say: Voice, found: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    moves = ruled(
        "",
        say.choose(["de", "vers", "personnes", "par exemple"], ["from", "to", "people", "for example"]),
        left=(0, 1, 3),
    )
    for move in found["moves"]:
        some = [one for one in found["sample"] if (one["from"], one["to"]) == (move["from"], move["to"])]
        names = ", ".join(one["email"] or f"person:{one['person']}" for one in some)
        moves.add_row(labels.get(move["from"], "–"), labels.get(move["to"], "–"), say.number(move["people"]), names)
    return moves


def _pushes(console: Console, say: Voice, pushes: Sequence[Mapping[str, Any]]) -> None:
    if not pushes:
        return
    french = ["destination", "personnes", "ajouts", "remplacés", "retraits", "arrêté par un garde-fou"]
    english = ["destination", "people", "added", "replaced", "removed", "stopped by a guard"]
    table = ruled(say.text("Prochain envoi", "Next push"), say.choose(french, english), left=(0, 5))
    for push in pushes:
        figures = (say.number(push[name]) for name in ("people", "adds", "changes", "removes"))
        table.add_row(push["destination"], *figures, push["refused"] or say.text("non", "no"))
    console.print(table)


def _window(console: Console, say: Voice, window: Mapping[str, Any]) -> None:
    """The window in words, and how many gaps each multiple of 30 days covers, up to one more than it."""
    console.print(window["words"], markup=False)
    steps = [step for step in window["gaps"]["distribution"] or [] if step["days"] <= window["suggested"] + 30]
    table = ruled("", say.choose(["jours", "part", ""], ["days", "share", ""]), left=(2,))
    for step in steps:
        table.add_row(str(step["days"]), say.percents(round(100 * step["share"])), "█" * round(BAR * step["share"]))
    if steps:
        console.print(table)


def ruled(title: str, columns: Sequence[str], *, left: Sequence[int] = (0,)) -> Table:
    """A table without rows yet: numbers stand at the right of their columns, what is `left` at the left."""
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place in left else "right")
    return table


def difference(say: Voice, number: int) -> str:
    """So many more or fewer: +12, −3, = for as many."""
    return "=" if number == 0 else f"{'+' if number > 0 else '−'}{say.number(abs(number))}"
