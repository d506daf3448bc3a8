"""A plan in words, French or English: counts, examples, reasons, and what it leaves alone."""

from __future__ import annotations

from typing import Literal

from sync.push.summary import Guard, PlannedChange, PlanSummary

Language = Literal["fr", "en"]

_GUARDS = {
    "removes": (
        "{now} of the {was} things delivered to {key} would be taken away",
        "{now} des {was} éléments livrés à {key} seraient retirés",
    ),
    "changes": (
        "{now} of {was} addresses of {key} would change at once",
        "{now} adresses sur {was} de {key} changeraient d'un coup",
    ),
    "people": (
        "there were {was} people at the last push and are {now} now",
        "il y avait {was} personnes au dernier envoi, il y en a {now}",
    ),
    "orders": (
        "there were {was} orders at the last push and are {now} now",
        "il y avait {was} commandes au dernier envoi, il y en a {now}",
    ),
    "clock": (
        "the clock says {now}, but something was done at {was}",
        "l'horloge dit {now}, mais la dernière opération date de {was}",
    ),
    "place": ("{key} was {was} and is {now} now", "{key} était {was}, c'est maintenant {now}"),
}

_CAUSES = {
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

_STATES = {
    "planned": ("waits", "en attente"),
    "applying": ("being applied", "en cours"),
    "applied": ("applied", "appliqué"),
    "interrupted": ("interrupted", "interrompu"),
    "refused": ("refused", "refusé"),
    "cancelled": ("cancelled", "annulé"),
}

_OUTCOMES = {
    "accepted": ("accepted", "acceptés"),
    "kept": ("left as they are", "laissés tels quels"),
    "refused": ("refused for ever", "refusés définitivement"),
    "retry": ("to be tried again", "à réessayer"),
    "absent": ("not known there", "inconnus là-bas"),
}


def describe(plan: PlanSummary, language: Language = "en") -> list[str]:
    """The plan as lines for a terminal, the most important first."""
    n = 1 if language == "fr" else 0
    head = (
        f"Plan {plan.plan_id} for {plan.destination} ({_STATES[plan.state][0]}): "
        f"{_count(plan.people, 'person', 'people')}, {_count(plan.changes, 'change', 'changes')}. 0 consents changed.",
        f"Plan {plan.plan_id} pour {plan.destination} ({_STATES[plan.state][1]}) : "
        f"{_count(plan.people, 'personne', 'personnes')}, {_count(plan.changes, 'changement', 'changements')}. "
        "0 consentement modifié.",
    )
    return [
        head[n],
        *(f"  {item.text}: +{item.added} ~{item.changed} -{item.removed}" for item in plan.items),
        *(f"  {_CAUSES.get(cause, (cause, cause))[n]}: {count}" for cause, count in plan.causes.items()),
        *(f"  {_OUTCOMES.get(name, (name, name))[n]}: {count}" for name, count in plan.outcomes.items()),
        *(f"    {reason}: {count}" for reason, count in plan.reasons.items()),
        *_notes(plan, n),
        *(f"  ! {sentence(guard, plan.destination, language)}" for guard in plan.guards),
        *(_example(change, n) for change in plan.examples),
    ]


def sentence(guard: Guard, key: str, language: Language = "en") -> str:
    """What a guard says, in one sentence without its full stop."""
    return _GUARDS[guard.code][1 if language == "fr" else 0].format(was=guard.was, now=guard.now, key=key)


def refusal(plan: PlanSummary) -> str:
    """Why a plan is refused, in one sentence."""
    why = "; ".join(sentence(guard, plan.destination) for guard in plan.guards)
    return f"Plan {plan.plan_id} is refused: {why}."


def _notes(plan: PlanSummary, n: int) -> list[str]:
    notes = [
        (plan.unreachable, "people have no address there", "personnes n'y ont pas d'adresse"),
        (plan.excluded, "people are excluded", "personnes sont exclues"),
        (
            plan.holdout,
            "people are held out of a segment, so that its effect can be measured (connector holdout)",
            "personnes sont mises à l'écart d'un segment pour en mesurer l'effet (connector holdout)",
        ),
        (
            plan.waiting,
            "addresses are left alone: refused, or not known there when last looked for",
            "adresses sont laissées de côté : refusées, ou inconnues à la dernière lecture",
        ),
        (
            plan.new_addresses if plan.creates else 0,
            "addresses were never written to; those unknown there become contacts, subscribed to nothing",
            "adresses n'ont jamais rien reçu ; les inconnues là-bas deviennent des contacts, abonnés à rien",
        ),
    ]
    lines = [f"  {count} {(english, french)[n]}" for count, english, french in notes if count]
    lines += [f"  {family}: {_pick(n, 'not pushed', 'non envoyé')} ({why})" for family, why in plan.incomplete.items()]
    lines += [
        f"  {key}: "
        + _pick(n, f"stays {old!r}; --rename makes it {new!r}", f"reste « {old} » ; --rename en fait « {new} »")
        for key, (old, new) in plan.relabelled.items()
    ]
    if plan.first and plan.kind == "push":
        lines.append(
            _pick(
                n,
                "  First push: automations are kept quiet. From the next one on, a tag added or removed can start one.",
                "  Premier envoi : aucune automatisation ne part. Dès le suivant, une étiquette ajoutée ou retirée "
                "peut en déclencher une.",
            )
        )
    if plan.held:
        lines.append(_pick(n, "  Held: nothing is applied until push --resume.", "  Suspendu jusqu'à push --resume."))
    return lines


def _example(change: PlannedChange, n: int) -> str:
    cause = _CAUSES.get(change.cause or "", (change.cause or "", change.cause or ""))[n]
    text = " → ".join(part or "∅" for part in (change.old, change.new))
    ended = f" [{_OUTCOMES.get(change.outcome, (change.outcome,) * 2)[n]}]" if change.outcome else ""
    return f"  {change.address} (#{change.customer_id}): {text}, {cause}{ended}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _pick(n: int, english: str, french: str) -> str:
    return (english, french)[n]
