"""Words for what is counted, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

CAUSES: Mapping[str, tuple[str, str]] = {
    "order": ("commande", "order"),
    "refund": ("remboursement", "refund"),
    "profile": ("fiche client", "profile"),
    "merge": ("fiches réunies", "merge"),
    "time": ("temps écoulé", "time"),
    "calibration": ("étalonnage", "calibration"),
    "definition": ("nouvelle règle", "new rule"),
}


FACTS: Mapping[str, tuple[str, str]] = {
    "amount": ("montant", "amount"),
    "products": ("produits", "products"),
    "payment_method": ("moyen de paiement", "payment method"),
    "shipping_method": ("mode de livraison", "delivery method"),
    "delivered_day": ("jour de livraison", "delivery day"),
    "orders": ("a commandé", "has ordered"),
    "email": ("adresse e-mail", "e-mail address"),
    "phone": ("téléphone", "phone number"),
    "account": ("compte", "account"),
    "account_state": ("état du compte", "account state"),
    "language": ("langue", "language"),
    "email_consent": ("consentement e-mail", "e-mail consent"),
    "sms_consent": ("consentement SMS", "SMS consent"),
    "channel": ("canal de vente", "sales channel"),
    "attribution": ("provenance de la visite", "source of the visit"),
    "country": ("pays de livraison", "country of delivery"),
    "city": ("ville de livraison", "city of delivery"),
    "postcode": ("code postal de livraison", "postcode of delivery"),
    "account_country": ("pays du compte", "country of the account"),
    "account_city": ("ville du compte", "city of the account"),
    "account_postcode": ("code postal du compte", "postcode of the account"),
}
