"""What a shop's word for an order's state means, in the words of Shopify, WooCommerce and French and English files."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from connector.records import OrderStatus

_WORDS = {
    OrderStatus.PAID: """
        paid, partially paid, partially refunded, captured, succeeded, success, completed, complete,
        processing, shipped, partially shipped, fulfilled, delivered, closed, ok,
        payé, partiellement payé, réglé, encaissé, terminé, en cours, en cours de traitement, en préparation, expédié,
        livré, validé, acceptée, paiement accepté, partiellement remboursé, remboursé partiellement, soldé
    """,
    OrderStatus.ON_HOLD: """
        on hold, en attente, en attente de virement, en attente du virement bancaire, en attente de chèque
    """,
    OrderStatus.REFUNDED: "refunded, fully refunded, remboursé, totalement remboursé",
    OrderStatus.PENDING: """
        pending, pending payment, payment pending, unpaid, awaiting payment, authorized, impayé, non payé, à payer,
        attente paiement, en attente paiement, en attente de paiement, en attente de règlement
    """,
    OrderStatus.CANCELLED: "cancelled, canceled, voided, void, annulé",
    OrderStatus.FAILED: "failed, declined, expired, payment error, échoué, échec, refusé, expiré, erreur de paiement",
    OrderStatus.DRAFT: "draft, checkout draft, auto draft, quote, brouillon, devis",
    OrderStatus.DELETED: "trash, trashed, deleted, corbeille, supprimé",
}


@lru_cache(maxsize=1024)
def status(word: str) -> OrderStatus | None:
    """The meaning of a shop's word; None where it is not known."""
    return _MEANINGS.get(_plain(word))


def _plain(word: str) -> str:
    """Without case, accents, hyphens and the endings of gender and number: wc-on-hold, Remboursées."""
    spaced = re.sub(r"[\s_-]+", " ", word.casefold().strip().removeprefix("wc-"))
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(letter))
    return re.sub(r"e+s?\b", "e", bare)


_MEANINGS = {_plain(word): meaning for meaning, words in _WORDS.items() for word in words.split(",")}
