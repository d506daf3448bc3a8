"""The words of the program that pages show, in both languages: causes, states, kinds."""

from __future__ import annotations

from collections.abc import Mapping

from sync.commands.moving import CAUSES
from sync.voice import Voice

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
    "channel": {"email": ("e-mail", "e-mail"), "sms": ("SMS", "SMS")},
    "run": {
        "done": ("fait", "done"),
        "failed": ("échoué", "failed"),
        "refused": ("refusé", "refused"),
        "stopped": ("arrêté", "stopped"),
    },
}


def word(say: Voice, kind: str, value: str) -> str:
    """A word of the program as people say it; one that is not known here, as it is."""
    known = _WORDS[kind].get(value)
    return value if known is None else say.text(*known)
