"""The words of the program that pages show, in both languages: causes, states, kinds."""

from __future__ import annotations

from collections.abc import Mapping

from sync.commands.moving import CAUSES
from sync.progress import STREAMS
from sync.push.describe import CAUSES as PUSHED
from sync.push.describe import OUTCOMES, STATES
from sync.voice import Voice


def _turned(words: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Words that are kept as English and French, the other way round."""
    return {key: (french, english) for key, (english, french) in words.items()}


_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "cause": CAUSES,
    "kind": {"email": ("e-mail", "e-mail"), "phone": ("téléphone", "phone"), "account": ("compte", "account")},
    "order": {
        "paid": ("payée", "paid"),
        "on_hold": ("en attente de règlement", "on hold"),
        "refunded": ("remboursée", "refunded"),
        "pending": ("en attente", "pending"),
        "cancelled": ("annulée", "cancelled"),
        "failed": ("échouée", "failed"),
        "draft": ("brouillon", "draft"),
        "deleted": ("supprimée", "deleted"),
    },
    "consent": {
        "invalid": ("adresse invalide", "invalid address"),
        "unsubscribed": ("désinscrit", "unsubscribed"),
        "not_subscribed": ("jamais inscrit", "never subscribed"),
        "pending": ("à confirmer", "to be confirmed"),
        "subscribed": ("inscrit", "subscribed"),
    },
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
    "channel": {"email": ("e-mail", "e-mail"), "sms": ("SMS", "SMS")},
    "run": {
        "done": ("fait", "done"),
        "failed": ("échoué", "failed"),
        "refused": ("refusé", "refused"),
        "stopped": ("arrêté", "stopped"),
        "running": ("en cours", "under way"),
        "broken": ("interrompu", "broken off"),
    },
    "pushed": _turned(PUSHED),
    "plan": _turned(STATES),
    "outcome": _turned(OUTCOMES),
    "stream": STREAMS,
    "one": {"orders": ("commande", "order"), "customers": ("compte", "account"), "checkouts": ("panier", "checkout")},
    "did": {
        "pull": ("Lecture de {name}", "Pull of {name}"),
        "hints": ("Changements annoncés par {name}", "Changes told by {name}"),
        "nightly": ("Vérification de nuit de {name}", "Nightly look at {name}"),
        "sends": ("Lecture des envois de {name}", "Messages read at {name}"),
        "retry": ("Quarantaine redemandée à {name}", "Quarantine asked of {name} again"),
        "plan": ("Plan pour {name}", "Plan for {name}"),
        "push": ("Envoi vers {name}", "Push to {name}"),
        "undo": ("Annulation chez {name}", "Undo at {name}"),
        "leave": ("Départ de {name}", "Leaving {name}"),
        "import": ("Import d'un fichier", "Import of a file"),
        "import-sends": ("Import d'envois", "Import of messages"),
        "day": ("Calcul du jour", "The day worked out"),
        "recompute": ("Recalcul", "Recompute"),
        "erase": ("Effacement", "Erasure"),
        "object": ("Opposition", "Objection"),
        "": ("Envoi d'un plan", "A plan applied"),
    },
    "detail": {
        "new": ("nouveautés", "new"),
        "changed": ("modifiées", "changed"),
        "quarantined": ("en quarantaine", "quarantined"),
        "changes": ("changements prévus", "changes planned"),
        "fetched": ("demandées à la boutique", "fetched"),
        "stale": ("déjà connues", "known already"),
        "differed": ("écarts corrigés", "differences repaired"),
        "stored": ("enregistrés", "stored"),
        "gone": ("disparus de la boutique", "gone at the shop"),
        "kept": ("toujours illisibles", "still unreadable"),
        "nameless": ("sans identifiant", "without an id"),
        "orders": ("commandes", "orders"),
        "people": ("personnes", "people"),
        "sends": ("envois", "messages"),
        "undone": ("envoi repris n°", "push taken back no."),
        "waiting": ("en attente", "waiting"),
        "file": ("fichier", "file"),
    },
}


def word(say: Voice, kind: str, value: str) -> str:
    """A word of the program as people say it; one that is not known here, as it is."""
    known = _WORDS[kind].get(value)
    return value if known is None else say.text(*known)


def did(say: Voice, kind: str) -> str:
    """A run's kind in words: Lecture de boutique, Pull of boutique; one that is not known here, as it is."""
    verb, _, name = kind.partition(" ")
    known = _WORDS["did"].get("" if kind == "push" else verb)
    return kind if known is None else say.text(*known, name=name)
