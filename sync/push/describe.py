"""A plan in words, French or English: counts, examples, reasons, and what it leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from connector.language import Language
from connector.states import UNDECIDED, ChangeOutcome, PlanState
from sync.language.told import sentence as translated
from sync.language.voice import Voice
from sync.push.summary import Guard, PlannedChange, PlanSummary

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_GUARDS = {
    "removes": (
        "{now} of the {was} things delivered to {key} would be taken away",
        "{now} des {was} éléments livrés à {key} seraient retirés",
    ),
    "changes": (
        "one push would change {now} of the {was} addresses of {key}",
        "un seul envoi changerait {now} des {was} adresses de {key}",
    ),
    "people": (
        "the base had {was} at the last push and has {now} now",
        "la base comptait {was} au dernier envoi, elle compte maintenant {now}",
    ),
    "orders": (
        "the base had {was} at the last push and has {now} now",
        "la base comptait {was} au dernier envoi, elle compte maintenant {now}",
    ),
    "clock": (
        "the clock says {now}, but something was done at {was}",
        "l'horloge dit {now}, mais la dernière opération date du {was}",
    ),
    "ahead": (
        "the clock says {now}, but nothing was done since {was}",
        "l'horloge dit {now}, mais rien n'a été fait depuis le {was}",
    ),
    "older": (
        "the last plan that was applied to {key}, of {was}, is not in this database: it is an older copy, or another",
        "cette base ignore le dernier plan appliqué à {key}, du {was} : c'est une copie plus ancienne, ou une autre",
    ),
    "lost": (
        "of {was} addresses of {key} that were looked at, {now} hold no more what was delivered there",
        "sur {was} adresses de {key} qui ont été regardées, {now} n'ont plus ce qui y avait été livré",
    ),
    "twice": (
        "destination {was} writes {now} at the same place as {key}",
        "la destination {was} écrit {now} au même endroit que {key}",
    ),
    "place": ("{key} was {was} and is {now} now", "{key} était {was}, c'est maintenant {now}"),
}

CAUSES = {
    "order": ("an order", "une commande"),
    "refund": ("a refund", "un remboursement"),
    "profile": ("a change of profile", "un changement de profil"),
    "merge": ("a merge of two people", "la réunion de deux personnes"),
    "time": ("time gone by", "le temps qui passe"),
    "calibration": ("a calibration", "un calibrage"),
    "definition": ("a new definition", "une nouvelle définition"),
    "send": ("the messages known", "les envois connus"),
    "left": ("no longer in the segment", "sortie du segment"),
    "excluded": ("excluded", "exclusion"),
    "holdout": ("held out", "mise à l'écart"),
    "settings": ("no longer asked for in the settings", "retiré des réglages"),
    "later": ("written again since", "écrit de nouveau depuis"),
    "undo": ("taking back a run", "annulation d'un envoi"),
    "leave": ("leaving the destination", "départ de la destination"),
}

STATES: dict[str, tuple[str, str]] = {
    PlanState.PLANNED: ("waits", "en attente"),
    PlanState.APPLYING: ("being applied", "en cours"),
    PlanState.APPLIED: ("applied", "appliqué"),
    PlanState.INTERRUPTED: ("interrupted", "interrompu"),
    PlanState.REFUSED: ("refused", "refusé"),
    PlanState.CANCELLED: ("cancelled", "annulé"),
}

OUTCOMES: dict[str, tuple[str, str]] = {
    ChangeOutcome.ACCEPTED: ("accepted", "acceptés"),
    ChangeOutcome.KEPT: ("left as they are", "laissés tels quels"),
    ChangeOutcome.REFUSED: ("refused for ever", "refusés définitivement"),
    ChangeOutcome.RETRY: ("to be tried again", "à réessayer"),
    ChangeOutcome.ABSENT: ("not known there", "inconnus là-bas"),
}


_ALONE = "left alone: refused, or not known there when last looked for"
_ASIDE = "à l'écart d'un segment pour en mesurer l'effet (connector holdout)"
_UNREACHABLE = {
    "email": (
        ("person has no address there", "people have no address there"),
        ("personne n'y a pas d'adresse", "personnes n'y ont pas d'adresse"),
    ),
    "account": (
        (
            "person has no account there (bought as a guest, or elsewhere)",
            "people have no account there (they bought as guests, or elsewhere)",
        ),
        (
            "personne n'y a pas de compte (achat sans compte, ou ailleurs)",
            "personnes n'y ont pas de compte (achats sans compte, ou ailleurs)",
        ),
    ),
}
"""What is said of whom a plan cannot reach, by what it writes to."""
_NOTES = (
    (
        ("person is excluded", "people are excluded"),
        ("personne est exclue", "personnes sont exclues"),
    ),
    (
        (
            "person is held out of a segment, so that its effect can be measured (connector holdout)",
            "people are held out of a segment, so that its effect can be measured (connector holdout)",
        ),
        (f"personne est mise {_ASIDE}", f"personnes sont mises {_ASIDE}"),
    ),
    (
        (f"address is {_ALONE}", f"addresses are {_ALONE}"),
        (
            "adresse est laissée de côté : refusée, ou inconnue à la dernière lecture",
            "adresses sont laissées de côté : refusées, ou inconnues à la dernière lecture",
        ),
    ),
    (
        (
            "address was never written to; unknown there, it becomes a contact, subscribed to nothing",
            "addresses were never written to; those unknown there become contacts, subscribed to nothing",
        ),
        (
            "adresse n'a jamais rien reçu ; inconnue là-bas, elle devient un contact, abonné à rien",
            "adresses n'ont jamais rien reçu ; les inconnues là-bas deviennent des contacts, abonnés à rien",
        ),
    ),
)
"""What is said of whom a plan leaves out or adds: for one and for more, in English and in French."""


def describe(plan: PlanSummary, language: Language = "en") -> list[str]:
    """The plan as lines for a terminal, the most important first."""
    n, say = 1 if language == "fr" else 0, Voice(language)
    head = (
        f"Plan {plan.plan_id} for {plan.destination} ({STATES[plan.state][0]}): "
        f"{say.people(plan.people)}, {say.count(plan.changes, 'change', 'changes')}. 0 consents changed.",
        f"Plan {plan.plan_id} pour {plan.destination} ({STATES[plan.state][1]}) : "
        f"{say.people(plan.people)}, {say.count(plan.changes, 'changement', 'changements')}. "
        "0 consentement modifié.",
    )
    return [
        head[n],
        *(f"  {line}" for line in _tallies(plan, say, n)),
        *(f"  {note}" for note in notes(plan, language)),
        *(f"  ! {sentence(guard, plan.destination, language)}" for guard in plan.guards),
        *(_example(change, n) for change in plan.examples),
    ]


def _tallies(plan: PlanSummary, say: Voice, n: int) -> Iterator[str]:
    """How many of each tag and field, of each cause, outcome and reason."""
    for item in plan.items:
        added, changed, removed = (say.number(number) for number in (item.added, item.changed, item.removed))
        yield f"{item.text}{say.colon}+{added} ~{changed} -{removed}"
    for cause, count in plan.causes.items():
        yield f"{CAUSES.get(cause, (cause, cause))[n]}{say.colon}{say.number(count)}"
    for name, count in plan.outcomes.items():
        yield f"{OUTCOMES.get(name, (name, name))[n]}{say.colon}{say.number(count)}"
    for reason, count in plan.reasons.items():
        yield f"  {translated(reason, say.language)}{say.colon}{say.number(count)}"


def sentence(guard: Guard, key: str, language: Language = "en") -> str:
    """What a guard says, in one sentence without its full stop."""
    was, now = (_counted(guard.code, figure, Voice(language)) for figure in (guard.was, guard.now))
    return _GUARDS[guard.code][1 if language == "fr" else 0].format(was=was, now=now, key=key)


def refusal(plan: PlanSummary, language: Language = "en") -> str:
    """Why a plan is refused, in one sentence."""
    why = [sentence(guard, plan.destination, language) for guard in plan.guards]
    if language == "fr":
        return f"Le plan {plan.plan_id} est refusé : {' ; '.join(why)}."
    return f"Plan {plan.plan_id} is refused: {'; '.join(why)}."


def _counted(code: str, figure: str, say: Voice) -> str:
    """A guard's figure: with its noun where it counts something, else as it stands."""
    match code:
        case "people":
            return say.people(int(figure))
        case "orders":
            return say.count(int(figure), *say.choose(("commande", "commandes"), ("order", "orders")))
        case "removes" | "changes":
            return say.number(int(figure))
        case _ if _INSTANT.match(figure):
            at = datetime.fromisoformat(figure)
            return f"{say.moment(at)} {at:%Z}"
    return figure


def notes(plan: PlanSummary, language: Language = "en") -> list[str]:
    """What a plan leaves alone, and what there is to know before it is applied."""
    n = 1 if language == "fr" else 0
    told = (plan.unreachable, plan.excluded, plan.holdout, plan.waiting, plan.new_addresses if plan.creates else 0)
    say = Voice(language)
    words = (_UNREACHABLE[plan.reach], *_NOTES)
    lines = [say.count(count, *word[n]) for count, word in zip(told, words, strict=True) if count]
    lines += [
        f"{family}{say.colon}{_pick(n, 'not pushed', 'non envoyé')} ({why})" for family, why in plan.incomplete.items()
    ]
    lines += [
        f"{key}{say.colon}"
        + _pick(n, f"stays {old!r}; --rename makes it {new!r}", f"reste « {old} » ; --rename en fait « {new} »")
        for key, (old, new) in plan.relabelled.items()
    ]
    lines += _automations(plan, n, language)
    if plan.held:
        lines.append(_pick(n, "Held: nothing is applied until push --resume.", "Suspendu jusqu'à push --resume."))
    return lines


def _automations(plan: PlanSummary, n: int, language: Language) -> Iterator[str]:
    """What starts nothing for once, and what may start: of a first push, to be tried on a few people before."""
    yield from (translated(said, language) for said in plan.quiet)
    undecided = plan.state in UNDECIDED
    careful = _pick(n, " Try it on a few people first.", " Essayez d'abord sur quelques personnes.")
    for said in plan.starting:
        yield translated(said, language) + (careful if undecided and plan.first and not plan.pilot else "")


def _example(change: PlannedChange, n: int) -> str:
    cause = CAUSES.get(change.cause or "", (change.cause or "", change.cause or ""))[n]
    text = " → ".join(part or "∅" for part in (change.old, change.new))
    ended = f" [{OUTCOMES.get(change.outcome, (change.outcome,) * 2)[n]}]" if change.outcome else ""
    return f"  {change.address} (#{change.customer_id}): {text}, {cause}{ended}"


def _pick(n: int, english: str, french: str) -> str:
    return (english, french)[n]
