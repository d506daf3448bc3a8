"""The command that lists families and audiences with the people of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.answers.listing import listing
from connector.catalogue import Audience, Family, Library
from sync.asked import asked_day
from sync.language.voice import Voice, emit, voice
from sync.shelf import shelf
from sync.workspace import open_workspace

Entry = Mapping[str, Any]
SHOWN = 5
"""So many of the values that are suggested."""


def run(
    config: Path | None,
    database: str | None,
    *,
    as_of: str | None,
    window: int | None,
    only: Sequence[str],
    everything: bool,
    as_json: bool,
) -> None:
    """Print the people and the money of each stage and audience at the end of a day; today means now."""
    workspace = open_workspace(config, database, existing=True)
    say, library = voice(workspace.settings, quiet=as_json), shelf(workspace.settings).library
    keys = [library.entry(key).key for key in only] or None
    if keys is None and not (everything or as_json):
        keys = [entry.key for entry in library.entries() if entry.on]
    with workspace.engine.connect() as connection:
        day, today = asked_day(workspace, as_of), workspace.today()
        report = listing(connection, library, day, window=window, language=say.written, keys=keys, today=today)
    if as_json:
        emit(report)
        return
    people = say.people(report["people"])
    say.say(f"Au {say.day(report['as_of'])}, {people}", f"As of {say.day(report['as_of'])}, {people}")
    told = _Table(say, library, keys=everything)
    for family in report["families"]:
        told.family(family)
    if report["audiences"]:
        told.audiences(report["audiences"])
    if not everything and not only:
        _tell_others(say, library, shown=len(report["families"]) + len(report["audiences"]))


@dataclass(frozen=True)
class _Table:
    """Writes entries for people to read; `keys` names each as segments.toml does."""

    say: Voice
    library: Library
    keys: bool

    def family(self, entry: Entry) -> None:
        """A title, and a line for each stage."""
        labels = [stage.label.of(self.say.language) for stage in self.library.families[entry["key"]].stages]
        self._print(f"\n{entry['label']}{self._marks(entry)}")
        for label, stage in zip(labels, entry["stages"], strict=True):
            self._line(label, max(map(len, labels)), stage)
        self._remark(entry)

    def audiences(self, entries: Sequence[Entry]) -> None:
        """A line for each audience, under one title."""
        self._print("\nAudiences")
        width = max(len(entry["label"]) for entry in entries)
        for entry in entries:
            self._line(entry["label"], width, entry, self._marks(entry))
            self._remark(entry)

    def _line(self, label: str, width: int, entry: Entry, marks: str = "") -> None:
        """A label with people and money; a dash where nobody can be counted."""
        if entry["people"] is None:
            figures = f"{'–':>12}{'–':>20}"
        else:
            money = entry["revenue"]
            spent = self.say.money(money["minor"], money["currency"])
            figures = f"{self.say.number(entry['people']):>12}{spent:>20}"
        self._print(f"  {label:{width}}{figures}{marks}")

    def _remark(self, entry: Entry) -> None:
        """What keeps an entry from being counted, or from being trusted."""
        found = self.library.entry(entry["key"])
        if isinstance(found, Audience) and found.each:
            values = ", ".join(found.each)
            self.say.say(f"    une pour chaque valeur : {values}", f"    one for each value: {values}")
        elif entry["missing"] is not None and found.missing:
            self._ask(entry, found)
        elif entry["missing"] is not None:
            self._print(f"    ! {entry['missing']}")
        elif not entry["complete"]:
            self._print(f"    ! {entry['reason']} {entry['remedy']}")
        if entry["missing"] is None or found.missing:
            self._limits(entry["limits"])

    def _ask(self, entry: Entry, found: Family) -> None:
        """What a merchant is to give a value for, in words, and what the shop would suggest."""
        words = {name: found.asks[name].label.of(self.say.language) for name in found.missing if name in found.asks}
        asked = ", ".join(f"{name} ({words[name]})" if name in words else name for name in found.missing)
        known = ", ".join(entry.get("suggestions", [])[:SHOWN])
        self.say.say(
            f"    ! il faut une valeur pour {asked}" + (f", par exemple {known}" if known else ""),
            f"    ! needs a value for {asked}" + (f", for example {known}" if known else ""),
        )

    def _limits(self, limits: Sequence[Entry]) -> None:
        """What shops do not tell, and of how much it is known: only what is not known at all, unless all is shown."""
        for limit in limits:
            if self.keys or limit["level"] == "none" or limit["coverage"] == 0:
                share = None if limit["coverage"] is None else self.say.percent(limit["coverage"] / 100)
                self.say.say(
                    f"    ! {limit['store']} : {limit['reason']}" + ("" if share is None else f" Connu à {share}."),
                    f"    ! {limit['store']}: {limit['reason']}" + ("" if share is None else f" Known of {share}."),
                )

    def _marks(self, entry: Entry) -> str:
        """The key of an entry and whether it is off, where these are shown."""
        if not self.keys:
            return ""
        off = {"fr": " (inactive)", "en": " (off)"}[self.say.language]
        return f"  {entry['key']}{'' if entry['on'] else off}"

    def _print(self, line: str) -> None:
        self.say.say(line, line)


def _tell_others(say: Voice, library: Library, shown: int) -> None:
    others = sum(1 for _ in library.entries()) - shown
    say.say(
        f"\n{others} autres familles et audiences : `connector segments --all`. "
        "Chacune s'active dans segments.toml : [audiences.vip] on = true.",
        f"\n{others} more families and audiences: `connector segments --all`. "
        "Each is switched on in segments.toml: [audiences.vip] on = true.",
    )
