"""The command that compares our counts and money with the shop's own, and says who differs and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from sqlalchemy import Connection, select

from connector.answers.questions import accounts_of
from connector.days import day_date, local_day
from connector.errors import SettingsError, UnsafeError
from connector.fields import mapped
from connector.models import Store
from connector.query.portability import portability
from connector.source import Source
from connector.stores import OpenStore, open_store
from connector.tables import table
from sync.language.told import sentence
from sync.language.voice import Voice, emit, voice
from sync.recompute import families
from sync.reconcile import Difference, Reconciled, Reconciliation, Rule, Segment, Total
from sync.workspace import Workspace, open_workspace

SHOWN = 20
"""How many people of a kind are printed for people; --json has all."""
REASONS: Mapping[str, tuple[str, str]] = {
    "cancelled": ("la boutique compte des commandes annulées", "the shop counts cancelled orders"),
    "refunded": ("elle compte des commandes remboursées en entier", "it counts orders that were refunded whole"),
    "zero": ("elle compte des commandes à zéro", "it counts orders of nothing"),
    "on_hold": ("elle compte des commandes en attente de paiement", "it counts orders on hold"),
    "unpaid": ("elle compte des commandes non payées", "it counts orders that were not paid"),
    "test": ("elle compte des commandes de test", "it counts test orders"),
    "guest": ("elle compte des commandes passées sans compte", "it counts orders placed as a guest"),
    "merged": ("plusieurs comptes sont une personne ici", "several accounts are one person here"),
    "elsewhere": ("aussi client d'une autre boutique, qui compte ici", "a customer of another store too, counted here"),
    "without_unpaid": ("sans l'argent des commandes non payées", "without the money of what was not paid"),
    "without_guests": (
        "sans l'argent des commandes passées sans compte",
        "without the money of orders placed as a guest",
    ),
    "gross": ("sans déduire les remboursements", "refunds are not taken off"),
    "foreign": ("elle additionne d'autres devises", "it adds other currencies up"),
    "not_pulled": ("changé depuis la dernière lecture : connector pull", "changed since the last pull: connector pull"),
    "floor": ("ses commandes anciennes ne nous sont pas montrées", "its older orders are not shown to us"),
    "erased": ("effacé ici, comme demandé", "erased here, as was asked"),
    "objected": ("s'oppose au profilage : dans aucun segment ici", "objects to profiling: in no segment here"),
    "gone": ("n'existe plus : connector pull --recheck", "gone at the shop: connector pull --recheck"),
    "lagging": ("la boutique ne l'a pas encore compté", "the shop has not counted it yet"),
    "people": ("expliqué personne par personne", "explained person by person"),
    "sampled": ("tout le monde n'a pas été comparé (--sample)", "not everyone was compared (--sample)"),
}


def run(config: Path | None, database: str | None, *, store: str | None, sample: int, as_json: bool) -> None:
    """Compare each store; exit status 1 where anything differs without a reason."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    unexplained = 0
    for key, _, source in workspace.sources(store):
        opened = _opened(workspace, key, source)
        today = local_day(workspace.now(), opened.zone)
        with workspace.engine.connect() as connection:
            rules = list(_rules(connection, workspace, opened, today)) if opened.platform == "shopify" else []
        found = Reconciliation(workspace.engine, opened, source, today, sample, workspace.suppressed).run(rules)
        unexplained += found.unexplained
        if as_json:
            emit(_as_json(opened, found))
        _tell(say, opened, found)
    if unexplained:
        raise typer.Exit(1)


def _opened(workspace: Workspace, key: str, source: Source) -> OpenStore:
    """The store as it was last read; it must still be the same shop."""
    with workspace.engine.connect() as connection:
        store = open_store(connection, key)
        shop_id = connection.scalar(select(table(Store).c.shop_id).where(table(Store).c.key == key))
    if store is None:
        raise SettingsError(f"{key} was never read.", remedy="Run `connector pull` first.")
    if source.check().shop_id != shop_id:
        raise UnsafeError(f"Another shop answers for {key}.", remedy="Compare it with its own database.")
    return store


def _rules(connection: Connection, workspace: Workspace, store: OpenStore, today: int) -> Iterator[Rule]:
    """The rules in force that Shopify's own segments can say without loss, each as it stands, whoever came first."""
    fields = mapped(connection, "shopify")
    for family in families(workspace.settings):
        for stage in family.stages:
            expression = family.expression(stage)
            told = portability(expression, fields=fields)
            if told.mark == "native" and told.native is not None:
                accounts, people = accounts_of(connection, expression, today, store.id)
                yield Rule(family.segment_key(stage), told.native, accounts, people)


def _as_json(store: OpenStore, found: Reconciled) -> dict[str, object]:
    return {
        "store": store.key,
        "currency": store.base,
        "requests": found.requests,
        "unexplained": found.unexplained,
        "totals": [
            {"what": one.what, "ours": one.ours, "theirs": one.theirs, "why": list(one.why)} for one in found.totals
        ],
        "people": {
            "compared": found.people,
            "same": found.same,
            "erased": found.erased,
            "differ": [_person(one) for one in found.differences],
        },
        "segments": [
            {
                "key": one.key,
                "rule": one.rule,
                "ours": one.ours,
                "theirs": one.theirs,
                "refused": one.refused,
                "only_ours": [{"account": account, "why": list(why)} for account, why in one.only_ours.items()],
                "only_theirs": [{"account": account, "why": list(why)} for account, why in one.only_theirs.items()],
                "erased": one.erased,
            }
            for one in found.segments
        ],
    }


def _person(one: Difference) -> dict[str, object]:
    def figures(pair: tuple[int, int] | None) -> dict[str, int] | None:
        return None if pair is None else {"orders": pair[0], "spent": pair[1]}

    return {
        "account": one.account,
        "email": one.email,
        "ours": figures(one.ours),
        "theirs": figures(one.theirs),
        "why": list(one.why),
    }


def _tell(say: Voice, store: OpenStore, found: Reconciled) -> None:
    say.say(
        f"{store.key} : {say.count(found.people, 'personne comparée', 'personnes comparées')}, "
        f"{say.count(found.same, 'identique', 'identiques')} ({say.count(found.requests, 'requête', 'requêtes')}).",
        f"{store.key}: {say.people(found.people)} compared, {say.number(found.same)} the same "
        f"({say.count(found.requests, 'request', 'requests')}).",
    )
    if found.erased:
        _tell_erased(say, "  ", found.erased)
    for total in found.totals:
        _tell_total(say, store, total)
    for one in found.differences[:SHOWN]:
        _tell_person(say, store, one)
    if len(found.differences) > SHOWN:
        rest = len(found.differences) - SHOWN
        say.say(
            f"  … et {say.count(rest, 'autre', 'autres')} (--json)",
            f"  … and {say.count(rest, 'other', 'others')} (--json)",
        )
    for segment in found.segments:
        _tell_segment(say, segment)
    if found.unexplained:
        say.say(
            f"{say.count(found.unexplained, 'écart', 'écarts')} sans explication.",
            f"{say.count(found.unexplained, 'difference', 'differences')} without a reason.",
        )
    else:
        say.say("Chaque écart est expliqué.", "Every difference is explained.")
    if store.floor_day is not None:
        day = say.day(day_date(store.floor_day))
        say.say(
            f"La boutique ne nous montre ses commandes que depuis le {day}.",
            f"The shop only shows us its orders since {day}.",
        )


def _tell_total(say: Voice, store: OpenStore, total: Total) -> None:
    if total.theirs is None:
        return
    what = {"accounts": ("comptes", "accounts"), "spent": ("montants", "money")}.get(
        total.what, (total.what.replace("orders", "commandes"), total.what)
    )

    def written(value: int) -> str:
        return say.money(value, store.base) if total.what == "spent" else say.number(value)

    ours, theirs = written(total.ours), written(total.theirs)
    say.say(
        f"  {what[0]} : {ours} ici, {theirs} là-bas{_because(say, total.why, differs=total.differs)}",
        f"  {what[1]}: {ours} here, {theirs} there{_because(say, total.why, differs=total.differs)}",
    )


def _tell_person(say: Voice, store: OpenStore, one: Difference) -> None:
    def figures(pair: tuple[int, int] | None) -> str:
        return "–" if pair is None else f"{say.number(pair[0])} / {say.money(pair[1], store.base)}"

    who = one.email or one.account or "–"
    why = _because(say, one.why, differs=True)
    say.say(
        f"  {who} : {figures(one.ours)} ici, {figures(one.theirs)} là-bas{why}",
        f"  {who}: {figures(one.ours)} here, {figures(one.theirs)} there{why}",
    )


def _tell_segment(say: Voice, segment: Segment) -> None:
    if segment.theirs is None:
        say.say(
            f"  {segment.key} : refusé par la boutique ({sentence(segment.refused or '', 'fr')})",
            f"  {segment.key}: the shop refuses it ({segment.refused})",
        )
        return
    say.say(
        f"  {segment.key} : {say.number(segment.ours)} ici, {say.number(segment.theirs)} là-bas",
        f"  {segment.key}: {say.number(segment.ours)} here, {say.number(segment.theirs)} there",
    )
    for fr, en, accounts in (
        ("ici seulement", "only here", segment.only_ours),
        ("là-bas seulement", "only there", segment.only_theirs),
    ):
        for account, why in list(accounts.items())[:SHOWN]:
            because = _because(say, why, differs=True)
            say.say(f"    {fr} : {account}{because}", f"    {en}: {account}{because}")
    if segment.erased:
        _tell_erased(say, "    ", segment.erased)


def _tell_erased(say: Voice, indent: str, people: int) -> None:
    """Say how many differ because they were erased here; who they are is known no more."""
    count, (fr, en) = say.number(people), REASONS["erased"]
    say.say(f"{indent}là-bas seulement : {count} ; {fr}", f"{indent}only there: {count}; {en}")


def _because(say: Voice, why: Sequence[str], *, differs: bool) -> str:
    if not differs:
        return ""
    french = say.language == "fr"
    if not why:
        return " ; sans explication" if french else "; no reason found"
    told = ", ".join(REASONS[reason][0 if french else 1] for reason in why)
    return f" ; {told}" if french else f"; {told}"
