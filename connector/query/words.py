"""The words that rules are made of, and what each means, in French and English.

words() -> list[str]                            all that can be asked here
in_words(word, language) -> str                 what one of them means
values(name) -> list[str]                       what the program itself gives an attribute, as rules write it
value_in_words(name, value, language) -> str    a value that the program itself gives, such as unsubscribed
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.language import Language
from connector.query.attributes import ATTRIBUTES, FIGURES, FUNCTIONS
from connector.query.measures import Kind

_OWN: Mapping[str, tuple[str, str]] = {
    "AND": ("et : les deux conditions", "and: both conditions"),
    "AVG": ("moyenne de la boutique", "the shop's mean"),
    "BETWEEN": ("entre deux valeurs, comprises", "between two values, both included"),
    "CONTAINS": ("la liste contient", "the list holds"),
    "FALSE": ("non", "no"),
    "IN": ("l'une de ces valeurs", "one of these values"),
    "IS NOT NULL": ("a une valeur", "has a value"),
    "IS NULL": ("n'a pas de valeur", "has no value"),
    "MATCHES": ("il y en a qui remplissent ces conditions", "there are some that meet these conditions"),
    "NOT": ("ne remplit pas la condition", "the condition does not hold"),
    "NOT CONTAINS": ("la liste ne contient pas", "the list does not hold"),
    "NOT IN": ("aucune de ces valeurs", "none of these values"),
    "NOT MATCHES": ("aucune ne remplit ces conditions", "none meets these conditions"),
    "OR": ("ou : l'une des conditions", "or: one of the conditions"),
    "PERCENTILE": ("seuil qui laisse N % des clients au-dessous", "the value that N% of customers stay under"),
    "TRUE": ("oui, ou tout le monde", "yes, or everybody"),
    "in_segment": ("fait partie d'un autre segment", "is in another segment"),
    "today": ("aujourd'hui", "today"),
}

_NAMES: Mapping[str, tuple[str, str]] = {
    "abandoned_checkout_date": ("date du dernier panier abandonné", "date of the last abandoned cart"),
    "abandoned_checkouts": ("paniers abandonnés", "abandoned carts"),
    "amount": ("montant", "amount"),
    "amount_spent": ("montant dépensé, remboursements déduits", "amount spent, net of refunds"),
    "amount_spent_gross": ("montant dépensé, avant remboursements", "amount spent, before refunds"),
    "amount_spent_net": ("montant dépensé, remboursements déduits", "amount spent, net of refunds"),
    "app_id": ("application de vente", "sales app"),
    "average_order_value": ("panier moyen", "average order value"),
    "category": ("catégorie de produit", "product category"),
    "category_amount": ("montant dans la catégorie", "amount in the category"),
    "channel": ("canal de vente", "sales channel"),
    "channel_mix": ("canaux d'achat", "ways of buying"),
    "city": ("ville de livraison", "city of delivery"),
    "clv_12m": ("valeur attendue sur 12 mois", "value expected over 12 months"),
    "collection": ("collection de produits", "product collection"),
    "count": ("nombre", "number"),
    "country": ("pays de livraison", "country of delivery"),
    "coupon": ("code promo", "coupon"),
    "coupon_share": ("part des commandes avec code promo", "share of orders with a coupon"),
    "customer_account_status": ("état du compte client", "state of the customer account"),
    "customer_added_date": ("date d'entrée dans la base", "date added"),
    "customer_cities": ("villes", "cities"),
    "customer_countries": ("pays", "countries"),
    "customer_email_domain": ("domaine de l'adresse e-mail", "domain of the e-mail address"),
    "customer_language": ("langue", "language"),
    "customer_regions": ("régions", "regions"),
    "customer_tags": ("étiquettes dans la boutique", "tags in the shop"),
    "date": ("date", "date"),
    "days": ("jours d'achat", "days with a purchase"),
    "days_since_last_order": ("jours depuis la dernière commande", "days since the last order"),
    "defection_signs": ("signes de départ", "signs of leaving"),
    "delivered_at": ("date de livraison", "date of delivery"),
    "device": ("appareil", "device"),
    "discount_amount": ("montant de la remise", "amount of the discount"),
    "discount_percent": ("remise, en %", "discount, in percent"),
    "email_subscription_status": ("inscription aux e-mails", "e-mail subscription"),
    "expected_interval_days": ("intervalle d'achat habituel, en jours", "usual gap between purchases, in days"),
    "favourite_category": ("catégorie préférée", "favourite category"),
    "favourite_channel": ("canal préféré", "favourite channel"),
    "first_order_date": ("date de la première commande", "date of the first order"),
    "gap_ratio": ("silence, en intervalles d'achat habituels", "silence, in usual gaps between purchases"),
    "has_account": ("a un compte client", "has a customer account"),
    "has_email": ("a une adresse e-mail", "has an e-mail address"),
    "has_phone": ("a un numéro de téléphone", "has a phone number"),
    "id": ("numéro du produit", "product id"),
    "last_city": ("ville de la dernière commande", "city of the last order"),
    "last_country": ("pays de la dernière commande", "country of the last order"),
    "last_order_date": ("date de la dernière commande", "date of the last order"),
    "last_postcode": ("code postal de la dernière commande", "postcode of the last order"),
    "last_region": ("région de la dernière commande", "region of the last order"),
    "location_id": ("lieu de vente", "place of sale"),
    "minutes_to_purchase": ("minutes entre la visite et l'achat", "minutes from visit to purchase"),
    "number_of_orders": ("nombre de commandes", "number of orders"),
    "order_amount": ("montant d'une commande", "amount of an order"),
    "orders_placed": ("commandes passées", "orders placed"),
    "ordinal": ("rang de la commande", "place of the order"),
    "payment_method": ("moyen de paiement", "payment method"),
    "postcode": ("code postal de livraison", "postcode of delivery"),
    "product_type": ("type de produit", "product type"),
    "products_purchased": ("commandes contenant un produit", "orders with a product"),
    "purchase_days": ("nombre de jours d'achat", "number of days with a purchase"),
    "referrer": ("site d'origine", "referring site"),
    "refund_rate": ("part remboursée des achats", "refunded share of purchases"),
    "refunded": ("remboursée, au moins en partie", "refunded, at least in part"),
    "region": ("région de livraison", "region of delivery"),
    "replenish_due": ("produits bientôt épuisés", "products running out"),
    "returns_count": ("nombre de remboursements", "number of refunds"),
    "rfm_f": ("note de fréquence, de 1 à 5", "frequency score, 1 to 5"),
    "rfm_m": ("note de montant, de 1 à 5", "money score, 1 to 5"),
    "rfm_r": ("note de récence, de 1 à 5", "recency score, 1 to 5"),
    "segment": ("segment", "segment"),
    "segment_entered": ("entrées dans un segment", "entries into a segment"),
    "session_pages": ("pages vues avant l'achat", "pages seen before the purchase"),
    "sessions": ("visites avant l'achat", "visits before the purchase"),
    "shipping_method": ("mode de livraison", "shipping method"),
    "sku": ("référence (SKU)", "SKU"),
    "sms_subscription_status": ("inscription aux SMS", "SMS subscription"),
    "source": ("origine de la visite", "source of the visit"),
    "spend_rank_pct": (
        "place parmi les plus gros acheteurs sur un an, en %",
        "place among the top spenders of a year, in percent",
    ),
    "status": ("état de la commande", "state of the order"),
    "sum_amount": ("montant total", "total amount"),
    "sum_quantity": ("quantité totale", "total quantity"),
    "tag": ("étiquette du produit", "product tag"),
    "title": ("nom du produit", "product title"),
    "utm_campaign": ("campagne (utm_campaign)", "campaign (utm_campaign)"),
    "utm_medium": ("support (utm_medium)", "medium (utm_medium)"),
    "utm_source": ("source (utm_source)", "source (utm_source)"),
    "variant": ("déclinaison du produit", "product variant"),
    "vendor": ("marque", "vendor"),
}

STATES: Mapping[str, tuple[str, str]] = {
    "paid": ("payée", "paid"),
    "on_hold": ("en attente de règlement", "on hold"),
    "refunded": ("remboursée", "refunded"),
    "pending": ("en attente", "pending"),
    "cancelled": ("annulée", "cancelled"),
    "failed": ("échouée", "failed"),
    "draft": ("brouillon", "draft"),
    "deleted": ("supprimée", "deleted"),
}
"""Of an order."""

CONSENTS: Mapping[str, tuple[str, str]] = {
    "invalid": ("adresse invalide", "invalid address"),
    "unsubscribed": ("désinscrit", "unsubscribed"),
    "not_subscribed": ("jamais inscrit", "never subscribed"),
    "pending": ("à confirmer", "to be confirmed"),
    "subscribed": ("inscrit", "subscribed"),
}

_VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "channel_mix": {
        "in_store": ("en magasin", "in the store"),
        "online": ("en ligne", "online"),
        "omnichannel": ("en magasin et en ligne", "in the store and online"),
    },
    "customer_account_status": {
        "enabled": ("activé", "enabled"),
        "disabled": ("désactivé", "disabled"),
        "invited": ("invitation envoyée", "invited"),
        "declined": ("invitation refusée", "invitation declined"),
    },
    "email_subscription_status": CONSENTS,
    "sms_subscription_status": CONSENTS,
    "status": STATES,
}


FLAGS = frozenset(
    name
    for known in (ATTRIBUTES, *(function.parameters for function in FUNCTIONS.values()))
    for name, attribute in known.items()
    if attribute.kind is Kind.FLAG
)
"""What is true or false."""


def words() -> list[str]:
    """Operators, attributes, functions with what they know, and figures of the shop: each that can be asked here."""
    asked = {name: function for name, function in FUNCTIONS.items() if function.missing is None}
    inner = {name for function in asked.values() for name, known in function.parameters.items() if not known.missing}
    own = {name for name, attribute in ATTRIBUTES.items() if attribute.missing is None}
    return sorted({*_OWN, *own, *asked, *inner, *FIGURES})


def values(name: str) -> list[str]:
    """What an attribute can be where that is not the shop's to say, as a rule writes it; empty where the shop says it.

    Those that are Shopify's, too, are written as it writes them.
    """
    native = name in ATTRIBUTES and ATTRIBUTES[name].native == "native"
    if name in FLAGS:
        return ["TRUE", "FALSE"]
    return [f"'{value.upper() if native else value}'" for value in _VALUES.get(name, ())]


def in_words(word: str, language: Language) -> str:
    """What a word of a rule means: nombre de commandes, number of orders; one that is not known here, as it is."""
    yearly, field = word.startswith("anniversary("), word.removeprefix("anniversary(").removesuffix(")")
    if yearly:
        found = in_words(field, language)
        return f"anniversaire : {found}" if language == "fr" else f"anniversary: {found}"
    if word.startswith("metafields."):
        named = word.removeprefix("metafields.")
        return f"champ « {named} »" if language == "fr" else f"field “{named}”"
    return _of(_NAMES.get(word) or _OWN.get(word) or (word, word), language)


def value_in_words(name: str, value: str, language: Language) -> str:
    """A value of an attribute: désinscrit for unsubscribed; one that comes from the shop, as it is."""
    return _of(_VALUES.get(name, {}).get(value.lower(), (value, value)), language)


def _of(texts: tuple[str, str], language: Language) -> str:
    return texts[0] if language == "fr" else texts[1]
