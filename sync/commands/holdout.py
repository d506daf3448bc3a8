"""The command that shows what hold-outs have shown so far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.errors import SettingsError
from connector.holdout import in_force
from sync.language.voice import Voice, emit, voice
from sync.shelf import shelf
from sync.tasks.holdout import shown
from sync.workspace import open_workspace

_MEASURES = {"left": ("sortis", "left"), "orders": ("commandes", "orders"), "revenue": ("chiffre net", "net revenue")}


def run(config: Path | None, database: str | None, segment: str | None, *, as_json: bool) -> None:
    """Print both groups of each hold-out in force, or of one segment's, and the difference between them."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    with workspace.engine.connect() as connection:
        standing = [one for one in in_force(connection) if segment in {None, one.segment}]
        found = [shown(workspace, connection, one) for one in standing]
    if segment is not None and not found:
        shelf(workspace.settings).library.segment(segment)
        raise SettingsError(
            f"Nobody is held out of {segment}.",
            remedy=f'Write holdout = {{ "{segment}" = 10 }} into a destination, and push.',
        )
    if as_json:
        emit({"holdouts": found})
        return
    for report in found:
        _tell(say, report)
    if not found:
        say.say("Aucune mise à l'écart n'est en vigueur.", "No hold-out is in force.")


def _tell(say: Voice, report: dict[str, Any]) -> None:
    percent = say.percents(report["percent"])
    say.say(
        f"{report['segment']}, {report['destination']} : {percent} à l'écart depuis le {say.day(report['since'])}",
        f"{report['segment']}, {report['destination']}: {percent} held out since {say.day(report['since'])}",
    )
    for name, words in (("pushed", ("servis", "written to")), ("held_out", ("à l'écart", "held out"))):
        group = report[name]
        line = [f"  {words[say.language == 'en']:12}{say.number(group['people']):>10}"]
        line += [f"{_MEASURES[key][say.language == 'en']} {say.number(group[key])}" for key in ("left", "orders")]
        line.append(say.money(group["revenue"]["minor"], group["revenue"]["currency"]))
        say.say("   ".join(line), "   ".join(line))
    if report["effects"] is None:
        say.say("  Trop peu de personnes pour conclure.", "  Too few people to tell.")
        return
    currency = report["pushed"]["revenue"]["currency"]
    for key, words in _MEASURES.items():
        effect = report["effects"][key]
        low, high = (_said(say, key, limit, currency) for limit in effect["interval"])
        difference, least = (_said(say, key, effect[name], currency) for name in ("difference", "smallest_visible"))
        say.say(
            f"  {words[0]} par personne : {difference} ({low} à {high}) ; visible à partir de {least}",
            f"  {words[1]} per person: {difference} ({low} to {high}); visible from {least} on",
        )


def _said(say: Voice, key: str, value: float, currency: str) -> str:
    return say.money(round(value), currency) if key == "revenue" else f"{value:+.4f}"
