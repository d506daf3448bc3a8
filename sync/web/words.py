"""The words of the program that pages show, in both languages: causes, states, kinds."""

from __future__ import annotations

from collections.abc import Mapping

from connector.query.words import CONSENTS
from connector.query.words import STATES as ORDERS
from connector.states import RunOutcome
from sync.language.vocabulary import CAUSES
from sync.language.voice import Voice
from sync.progress import STREAMS
from sync.push.describe import CAUSES as PUSHED
from sync.push.describe import OUTCOMES, STATES


def _turned(words: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Words that are kept as English and French, the other way round."""
    return {key: (french, english) for key, (english, french) in words.items()}


_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "cause": CAUSES,
    "kind": {"email": ("e-mail", "e-mail"), "phone": ("téléphone", "phone"), "account": ("compte", "account")},
    "order": ORDERS,
    "consent": CONSENTS,
    "form": {
        "shopify-orders": ("commandes exportées de Shopify", "orders exported from Shopify"),
        "shopify-customers": ("clients exportés de Shopify", "customers exported from Shopify"),
        "skyverge-orders": (
            "commandes exportées de WooCommerce (SkyVerge)",
            "orders exported from WooCommerce (SkyVerge)",
        ),
        "skyverge-items": ("articles exportés de WooCommerce (SkyVerge)", "items exported from WooCommerce (SkyVerge)"),
        "skyverge-import": (
            "commandes exportées de WooCommerce (SkyVerge)",
            "orders exported from WooCommerce (SkyVerge)",
        ),
        "webtoffee-orders": (
            "commandes exportées de WooCommerce (WebToffee)",
            "orders exported from WooCommerce (WebToffee)",
        ),
        "webtoffee-items": (
            "articles exportés de WooCommerce (WebToffee)",
            "items exported from WooCommerce (WebToffee)",
        ),
    },
    "platform": {
        "shopify": ("Shopify", "Shopify"),
        "woocommerce": ("WooCommerce", "WooCommerce"),
        "mailchimp": ("Mailchimp", "Mailchimp"),
        "file": ("fichiers", "files"),
    },
    "parameter": {
        "window": ("fenêtre, en jours", "window, in days"),
        "quiet": ("silence, en jours", "quiet, in days"),
        "days": ("délai, en jours", "delay, in days"),
        "early": ("au plus tôt, en jours", "at the earliest, in days"),
        "late": ("au plus tard, en jours", "at the latest, in days"),
        "n": ("nombre", "number"),
        "percent": ("part, en %", "share, in %"),
        "pages": ("pages vues", "pages seen"),
        "minutes": ("durée, en minutes", "time, in minutes"),
        "value": ("valeur", "value"),
    },
    "channel": {"email": ("e-mail", "e-mail"), "sms": ("SMS", "SMS")},
    "run": {
        RunOutcome.DONE: ("fait", "done"),
        RunOutcome.FAILED: ("échoué", "failed"),
        RunOutcome.REFUSED: ("refusé", "refused"),
        RunOutcome.STOPPED: ("arrêté", "stopped"),
        "running": ("en cours", "under way"),
        "broken": ("interrompu", "broken off"),
    },
    "pushed": _turned(PUSHED),
    "plan": _turned(STATES),
    "outcome": _turned(OUTCOMES),
    "stream": STREAMS,
    "one": {"orders": ("commande", "order"), "customers": ("compte", "account"), "checkouts": ("panier", "checkout")},
    "did": {
        "pull": ("Lecture de « {name} »", "Pull of “{name}”"),
        "hints": ("Changements annoncés par « {name} »", "Changes told by “{name}”"),
        "nightly": ("Vérification de nuit de « {name} »", "Nightly look at “{name}”"),
        "sends": ("Lecture des envois de « {name} »", "Messages read at “{name}”"),
        "retry": ("Quarantaine redemandée à « {name} »", "Quarantine asked of “{name}” again"),
        "plan": ("Plan préparé pour « {name} »", "Plan prepared for “{name}”"),
        "push": ("Envoi vers « {name} »", "Push to “{name}”"),
        "undo": ("Annulation chez « {name} »", "Undo at “{name}”"),
        "leave": ("Départ de « {name} »", "Leaving “{name}”"),
        "import": ("Import d'un fichier", "Import of a file"),
        "import-sends": ("Import d'envois", "Import of messages"),
        "day": ("Calcul du jour", "The day worked out"),
        "recompute": ("Recalcul", "Recompute"),
        "erase": ("Effacement", "Erasure"),
        "object": ("Opposition", "Objection"),
    },
}

NOTED: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "shop_accounts": (
        ("compte à la boutique", "comptes à la boutique"),
        ("account at the shop", "accounts at the shop"),
    ),
    "shop_orders": (("commande à la boutique", "commandes à la boutique"), ("order at the shop", "orders at the shop")),
    "new": (("nouveauté", "nouveautés"), ("new", "new")),
    "changed": (("modifiée", "modifiées"), ("changed", "changed")),
    "quarantined": (("en quarantaine", "en quarantaine"), ("quarantined", "quarantined")),
    "changes": (("changement prévu", "changements prévus"), ("change planned", "changes planned")),
    "accepted": (("changement accepté", "changements acceptés"), ("change accepted", "changes accepted")),
    "looked_at": (("personne revue", "personnes revues"), ("person looked at", "people looked at")),
    "entries": (
        ("entrée dans un segment", "entrées dans un segment"),
        ("entry into a segment", "entries into segments"),
    ),
    "fetched": (("demandée à la boutique", "demandées à la boutique"), ("fetched", "fetched")),
    "stale": (("déjà connue", "déjà connues"), ("known already", "known already")),
    "differed": (("écart corrigé", "écarts corrigés"), ("difference repaired", "differences repaired")),
    "stored": (("enregistré", "enregistrés"), ("stored", "stored")),
    "gone": (("disparu de la boutique", "disparus de la boutique"), ("gone at the shop", "gone at the shop")),
    "kept": (("toujours illisible", "toujours illisibles"), ("still unreadable", "still unreadable")),
    "nameless": (("sans identifiant", "sans identifiant"), ("without an id", "without an id")),
    "orders": (("commande", "commandes"), ("order", "orders")),
    "people": (("personne", "personnes"), ("person", "people")),
    "sends": (("envoi", "envois"), ("message", "messages")),
    "waiting": (("en attente", "en attente"), ("waiting", "waiting")),
    "requests": (("requête", "requêtes"), ("request", "requests")),
    "read": (("commande relue", "commandes relues"), ("order read again", "orders read again")),
    "deleted_orders": (("commande supprimée", "commandes supprimées"), ("order deleted", "orders deleted")),
    "deleted_accounts": (("compte supprimé", "comptes supprimés"), ("account deleted", "accounts deleted")),
    "merged_accounts": (("compte réuni", "comptes réunis"), ("account merged", "accounts merged")),
    "left": (("à vérifier encore", "à vérifier encore"), ("left to look at", "left to look at")),
}
"""What a run noted, by one and by more of it."""


def noted(say: Voice, name: str, value: int) -> str:
    """A figure that a run noted, in words; one that is not known here, by its own name."""
    if name == "undone":
        return say.text("envoi n° {n} repris", "push no. {n} taken back", n=value)
    french, english = NOTED.get(name, ((name, name), (name, name)))
    return say.count(value, *say.choose(french, english))


def coming(say: Voice, *, shop: bool) -> str:
    """When a segment that was just switched on is worked out, for the end of a sentence; `shop`: one is read."""
    if shop:
        return say.text(
            "il sera calculé avec la prochaine lecture de la boutique",
            "it is worked out with the next reading of the shop",
        )
    return say.text(
        "il sera calculé au prochain recalcul, demain au plus tard ; la page Synchronisations le lance tout de suite",
        "it is worked out with the next recompute, tomorrow at the latest; the page Syncs begins one at once",
    )


def word(say: Voice, kind: str, value: str) -> str:
    """A word of the program as people say it; one that is not known here, as it is."""
    known = _WORDS[kind].get(value)
    return value if known is None else say.text(*known)


def did(say: Voice, kind: str) -> str:
    """A run's kind in words: Lecture de « boutique », Pull of “boutique”; one that is not known here, as it is."""
    verb, _, name = kind.partition(" ")
    known = _WORDS["did"].get(verb)
    return kind if known is None else say.text(*known, name=name)
