"""The record of processing (GDPR, article 30), in French or English, from the settings that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.language import Language


@dataclass(frozen=True, slots=True)
class Sending:
    """Where data go: a destination, what it is, what is written for whom."""

    key: str
    platform: str
    segments: tuple[str, ...]  # their labels
    writes: tuple[str, ...]  # tag, field
    creates: bool  # contacts that the tool does not know
    reads_sends: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the settings and the database say."""

    stores: tuple[tuple[str, str], ...]  # key, platform
    fields: tuple[str, ...]  # customer fields that are read
    database: str  # where it lies, without its password
    people: int
    nameless: int
    objecting: int
    sendings: tuple[Sending, ...]
    retain: str | None
    retain_prospects: str | None
    waiting: int  # addresses at which something of erased people still stands


_UNITS: Mapping[str, tuple[str, str]] = {"d": ("jours", "days"), "m": ("mois", "months"), "y": ("ans", "years")}

_HELD = (
    (
        "Adresses e-mail, numéros de téléphone, numéros de compte ; ville, code postal, région, pays, langue ; "
        "étiquettes et état du compte ; consentements.",
        "E-mail addresses, phone numbers, account numbers; city, postcode, region, country, language; tags and state "
        "of the account; consents.",
    ),
    (
        "Commandes : jour, montants, articles, remises, paiement et livraison, lieu de livraison, provenance de la "
        "visite ; remboursements ; paniers commencés.",
        "Orders: day, amounts, articles, discounts, payment and shipping, place of delivery, where the visit came "
        "from; refunds; checkouts that were begun.",
    ),
    (
        "Ce qui en est calculé : segments avec leur histoire, chiffres, valeur attendue (avec l'extra clv).",
        "What is worked out of these: segments with their history, figures, expected value (with the extra clv).",
    ),
    (
        "Ce qui a été écrit chez les destinations, et qui a vu ou exporté des données.",
        "What was written at destinations, and who saw or exported data.",
    ),
    (
        "Ni noms, ni rues, ni moyens de paiement ne sont gardés ; un enregistrement illisible l'est tel quel, en "
        "quarantaine, jusqu'à ce qu'il soit lu.",
        "No names, streets or means of payment are kept; a record that cannot be read is, as it came, in quarantine "
        "until it can be.",
    ),
)


def record(facts: Facts, language: Language) -> Iterator[str]:
    """The record, line by line."""
    n = 0 if language == "fr" else 1
    yield ("Registre du traitement (RGPD, article 30)", "Record of processing (GDPR, article 30)")[n]
    yield from _section(("Responsable", "Controller"), (_CONTROLLER,), n)
    yield from _section(("Finalité et base", "Purpose and basis"), _PURPOSE, n)
    yield from _section(("Personnes", "People"), _people(facts), n)
    yield from _section(("Données", "Data"), (*_HELD, *_fields(facts)), n)
    yield from _section(("D'où elles viennent", "Where they come from"), _sources(facts), n)
    yield from _section(("Où elles vont", "Where they go"), _recipients(facts), n)
    yield from _section(("Durée", "How long"), _spans(facts), n)
    yield from _section(("Droits", "Rights"), _RIGHTS, n)
    yield from _section(("Sécurité", "Security"), _security(facts), n)


Both = tuple[str, str]

_CONTROLLER: Both = (
    "Le commerçant : nom et contact à compléter ici. Une base est un seul commerçant.",
    "The merchant: add name and contact here. One database is one merchant.",
)
_PURPOSE: tuple[Both, ...] = (
    (
        "Savoir où en est chaque client dans son cycle de vie, et adapter ce qui lui est écrit. Base à confirmer par "
        "le responsable : intérêt légitime, avec droit d'opposition.",
        "To know where each customer stands in the life cycle, and to fit what is written to them. Basis, for the "
        "controller to confirm: legitimate interest, with the right to object.",
    ),
    (
        "Aucun consentement n'est jamais relevé, et aucune décision n'est prise qui aurait un effet juridique.",
        "No consent is ever raised, and no decision is taken that has legal effect.",
    ),
)
_RIGHTS: tuple[Both, ...] = (
    ("Accès et portabilité : connector export PERSONNE.", "Access and portability: connector export PERSON."),
    (
        "Effacement : connector erase PERSONNE ; restent, sans nom, le jour et le montant de chaque commande.",
        "Erasure: connector erase PERSON; day and amount of each order stay, nameless.",
    ),
    ("Opposition : connector object PERSONNE.", "Objection: connector object PERSON."),
    ("Rectification : dans la boutique, qui est relue.", "Rectification: in the shop, which is read again."),
)


def _section(title: Both, lines: tuple[Both, ...], n: int) -> Iterator[str]:
    yield ""
    yield title[n]
    yield from (f"  {line[n]}" for line in lines)


def _people(facts: Facts) -> tuple[Both, ...]:
    return (
        (
            f"Clients et prospects de la boutique : {facts.people}, dont {facts.nameless} rendus anonymes et "
            f"{facts.objecting} opposés au profilage.",
            f"Customers and prospects of the shop: {facts.people}, of whom {facts.nameless} were made nameless and "
            f"{facts.objecting} object to profiling.",
        ),
    )


def _fields(facts: Facts) -> tuple[Both, ...]:
    if not facts.fields:
        return ()
    names = ", ".join(facts.fields)
    return ((f"Champs client nommés dans les réglages : {names}.", f"Customer fields named in the settings: {names}."),)


def _sources(facts: Facts) -> tuple[Both, ...]:
    if not facts.stores:
        return (("Fichiers importés.", "Files that were imported."),)
    return tuple((f"{key} ({platform})",) * 2 for key, platform in facts.stores)


def _recipients(facts: Facts) -> tuple[Both, ...]:
    lines = [_sending(one) for one in facts.sendings]
    if not lines:
        lines.append(("Nulle part : aucune destination n'est réglée.", "Nowhere: no destination is set."))
    lines.append(
        (
            "À personne d'autre : aucune télémétrie, aucun appel à l'éditeur du programme.",
            "To nobody else: no telemetry, no call to the makers of the program.",
        )
    )
    return tuple(lines)


def _sending(one: Sending) -> Both:
    names, writes = ", ".join(one.segments), " + ".join(one.writes)
    french = {"tag": "étiquettes", "field": "champs"}
    spelt = " + ".join(french.get(kind, kind) for kind in one.writes)
    fr, en = f"{one.key} ({one.platform}), {spelt} : {names}.", f"{one.key} ({one.platform}), {writes}: {names}."
    if one.creates:
        fr += " L'adresse des inconnus y est envoyée, abonnée à rien."
        en += " The addresses of people unknown there are sent, subscribed to nothing."
    if one.reads_sends:
        fr += " Les envois faits par l'outil y sont lus."
        en += " The messages that the tool sent are read there."
    return fr, en


def _spans(facts: Facts) -> tuple[Both, ...]:
    return (
        _span("Clients", "Customers", facts.retain),
        _span("Prospects", "Prospects", facts.retain_prospects or facts.retain),
    )


def _span(fr: str, en: str, span: str | None) -> Both:
    if span is None:
        return (
            f'{fr} : sans limite. Remède : [privacy] retain = "3y".',
            f'{en}: without end. Remedy: [privacy] retain = "3y".',
        )
    french, english = _UNITS[span[-1]]
    return (
        f"{fr} : {span[:-1]} {french} après la dernière activité, puis anonymisés.",
        f"{en}: {span[:-1]} {english} after the last activity, then made nameless.",
    )


def _security(facts: Facts) -> tuple[Both, ...]:
    lines: list[Both] = [
        (
            f"Base sur place : {facts.database}, lisible de son seul propriétaire ; rien n'est chiffré sur le disque "
            "par le programme lui-même.",
            f"Database on the spot: {facts.database}, readable by its owner alone; the program itself encrypts nothing "
            "on the disk.",
        ),
        (
            "Les secrets viennent de l'environnement ou de fichiers ; ni eux ni les adresses n'entrent dans les "
            "journaux.",
            "Secrets come from the environment or from files; neither they nor addresses go into logs.",
        ),
    ]
    if facts.waiting:
        lines.append(
            (
                f"Effacements en attente chez des destinations : {facts.waiting} adresses.",
                f"Erasures pending at destinations: {facts.waiting} addresses.",
            )
        )
    return tuple(lines)
