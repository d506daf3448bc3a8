"""What can be set on the pages: each setting with its names, what is asked for, and how it is typed.

A field's path is that of the setting within its table: ("pull",) of [schedule], ("tags", "loyal") of a family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Text: TypeAlias = tuple[str, str]
"""A text in French and English."""
Kind: TypeAlias = Literal["text", "number", "decimal", "switch", "choice", "several", "lines", "pairs", "secret"]
NOTHING: Text = ("", "")
OPEN = {"shop", "url", "audience", "endpoint", "ca", "timezone", "allow_http", "requests_per_second"}
"""Settings of platforms that are no secrets; of all others only is told where they are read from."""


@dataclass(frozen=True)
class Field:
    """A setting as it is asked for; `of` is what pairs' values are.

    `default` is what holds where nothing is said, `nothing` how that is told where it is no value.
    """

    path: tuple[str, ...]
    label: Text
    hint: Text = NOTHING
    kind: Kind = "text"
    options: tuple[tuple[str, Text], ...] = ()
    default: str = ""
    nothing: Text = NOTHING
    of: Literal["text", "number", "decimal"] = "text"
    units: Mapping[str, tuple[Text, Text]] = field(default_factory=dict)  # of a span, by its last letter: one, and more
    later: bool = False  # whether it holds only once the service is started again
    rare: bool = False  # whether it is folded away
    needed: bool = False

    @property
    def name(self) -> str:
        """Its name in a form."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Group:
    """Settings that are changed together: a table of the file, or what stands above all tables."""

    part: str
    label: Text
    told: Text
    fields: tuple[Field, ...]


_DAY: tuple[Text, Text] = (("jour", "day"), ("jours", "days"))
_SHORT: Mapping[str, tuple[Text, Text]] = {
    "s": (("s", "s"), ("s", "s")),
    "m": (("min", "min"), ("min", "min")),
    "h": (("h", "h"), ("h", "h")),
    "d": _DAY,
}
_LONG: Mapping[str, tuple[Text, Text]] = {
    "d": _DAY,
    "m": (("mois", "month"), ("mois", "months")),
    "y": (("an", "year"), ("ans", "years")),
}
_LANGUAGES = (("fr", ("Français", "French")), ("en", ("Anglais", "English")))
GROUPS: tuple[Group, ...] = (
    Group(
        "general",
        ("Langue et segments", "Language and segments"),
        ("Ce qui vaut pour tout le programme.", "What holds for the whole program."),
        (
            Field(
                ("language",),
                ("Langue des textes envoyés et des commandes", "Language of pushed texts and commands"),
                (
                    "Les étiquettes déjà posées dans une autre langue sont remplacées au prochain envoi.",
                    "Tags that were put in another language are replaced by the next push.",
                ),
                "choice",
                _LANGUAGES,
                default="fr",
            ),
            Field(
                ("history",),
                ("Reconstituer l'historique des segments", "Rebuild the past of the segments"),
                ("Au premier calcul.", "At the first recompute."),
                "switch",
                default="true",
            ),
            Field(
                ("segments_file",),
                ("Fichier des familles et audiences", "File of families and audiences"),
                ("Vide : segments.toml, à côté des réglages.", "Empty: segments.toml, beside the settings."),
                nothing=("segments.toml", "segments.toml"),
            ),
        ),
    ),
    Group(
        "schedule",
        ("Rythme", "Schedule"),
        ("Quand les boutiques sont lues et le jour calculé.", "When shops are read and the day is worked out."),
        (
            Field(
                ("pull",),
                ("Lecture des boutiques, toutes les", "The shops are read every"),
                ("En minutes, heures ou jours : 15m, 1h, 1d.", "In minutes, hours or days: 15m, 1h, 1d."),
                default="15m",
                units=_SHORT,
            ),
            Field(
                ("day",),
                ("Heure du calcul du jour", "The day is worked out at"),
                ("À l'heure de la boutique, par exemple 00:05.", "In the shop's time, such as 00:05."),
                default="00:05",
            ),
        ),
    ),
    Group(
        "serve",
        ("Adresses", "Addresses"),
        (
            "Où le service écoute, et sous quelles adresses on l'atteint.",
            "Where the service listens, and under which addresses it is reached.",
        ),
        (
            Field(
                ("dashboard_url",),
                ("Adresse de ce tableau de bord", "Address of this dashboard"),
                (
                    "https, un nom à lui seul : https://connector.boutique.example. Vide : cette machine seule.",
                    "https, a host of its own: https://connector.boutique.example. Empty: this machine alone.",
                ),
                nothing=("cette machine seule", "this machine alone"),
            ),
            Field(
                ("public_url",),
                ("Adresse que les boutiques appellent", "Address that shops call"),
                (
                    "Pour les webhooks : https://boutique.example/connector",
                    "For webhooks: https://boutique.example/connector",
                ),
                nothing=("aucune", "none"),
            ),
            Field(("host",), ("Le service écoute sur", "The service listens on"), default="127.0.0.1", later=True),
            Field(("port",), ("Port", "Port"), kind="number", default="8765", later=True),
        ),
    ),
    Group(
        "privacy",
        ("Conservation", "Retention"),
        (
            "Qui n'a rien fait depuis plus longtemps devient anonyme, à chaque nouveau jour. Cela ne se défait pas.",
            "Whoever did nothing for longer becomes nameless, with each new day. It cannot be taken back.",
        ),
        (
            Field(
                ("retain",),
                ("Conservation des clients", "Customers are kept for"),
                (
                    "En années, mois ou jours : 3y, 18m, 400d. Vide : sans limite.",
                    "In years, months or days: 3y, 18m, 400d. Empty: without end.",
                ),
                units=_LONG,
                nothing=("sans limite", "without end"),
            ),
            Field(
                ("retain_prospects",),
                ("Conservation des prospects", "Prospects are kept for"),
                ("Vide : comme les clients.", "Empty: as customers."),
                units=_LONG,
                nothing=("comme les clients", "as customers"),
            ),
        ),
    ),
)

_ENDPOINT = (
    Field(
        ("ca",),
        ("Autorité du certificat", "Authority of the certificate"),
        ("Le chemin d'un fichier PEM.", "The path of a PEM file."),
        rare=True,
    ),
    Field(
        ("endpoint",),
        ("Adresse d'essai", "Address to try with"),
        (
            "Un serveur sur cette machine ; vide, la vraie plateforme.",
            "A server on this machine; empty, the real platform.",
        ),
        rare=True,
    ),
)
_SHOPIFY = (
    Field(
        ("shop",),
        ("Adresse de la boutique", "Address of the shop"),
        ("ma-boutique.myshopify.com", "my-shop.myshopify.com"),
        needed=True,
    ),
    Field(
        ("client_id",),
        ("Identifiant client de l'application", "The app's client ID"),
        (
            "De l'application de votre boutique, dans le tableau de bord développeur de Shopify.",
            "Of your shop's own app, in Shopify's developer dashboard.",
        ),
        "secret",
    ),
    Field(("client_secret",), ("Code secret de l'application", "The app's client secret"), kind="secret"),
    Field(
        ("token",),
        ("Jeton d'accès", "Access token"),
        (
            "Seulement d'une application personnalisée plus ancienne : shpat_…",
            "Only of an older custom app: shpat_…",
        ),
        "secret",
        rare=True,
    ),
)
_WOOCOMMERCE = (
    Field(
        ("url",),
        ("Adresse de la boutique", "Address of the shop"),
        ("https://outlet.example", "https://outlet.example"),
        needed=True,
    ),
    Field(
        ("consumer_key",),
        ("Clé client", "Consumer key"),
        ("WooCommerce, Réglages, Avancé, API REST : ck_…", "WooCommerce, Settings, Advanced, REST API: ck_…"),
        "secret",
    ),
    Field(
        ("consumer_secret",),
        ("Secret client", "Consumer secret"),
        ("Donné avec la clé : cs_…", "Given with the key: cs_…"),
        "secret",
    ),
    Field(
        ("requests_per_second",),
        ("Requêtes par seconde", "Requests per second"),
        ("Ce que l'hébergeur de la boutique supporte.", "What the shop's host bears."),
        "decimal",
        default="2",
        rare=True,
    ),
    Field(
        ("allow_http",),
        ("Boutique sans https", "Shop without https"),
        ("Les requêtes sont alors signées (OAuth 1.0a).", "Requests are then signed (OAuth 1.0a)."),
        "switch",
        default="false",
        rare=True,
    ),
    Field(
        ("timezone",),
        ("Fuseau horaire", "Time zone"),
        ("Si la boutique ne le dit pas : Europe/Paris", "Where the shop does not tell: Europe/Paris"),
        rare=True,
    ),
)
STORE: tuple[Field, ...] = (
    Field(
        ("count_zero_orders",),
        ("Compter les commandes à zéro", "Count orders of nothing"),
        kind="switch",
        default="false",
    ),
    Field(
        ("count_on_hold",), ("Compter les commandes en attente", "Count orders on hold"), kind="switch", default="false"
    ),
    Field(
        ("count_refunded",),
        ("Compter les commandes remboursées", "Count refunded orders"),
        kind="switch",
        default="false",
    ),
    Field(("include_tax",), ("Montants taxes comprises", "Amounts with tax"), kind="switch", default="true"),
    Field(
        ("include_shipping",), ("Montants avec la livraison", "Amounts with shipping"), kind="switch", default="true"
    ),
    Field(
        ("shared_emails",),
        ("Adresses partagées par plusieurs personnes", "Addresses that several people share"),
        ("Une par ligne, par exemple celle de la caisse.", "One a line, such as the till's."),
        "lines",
    ),
    Field(
        ("fields",),
        ("Champs de clients lus", "Customer fields that are read"),
        (
            "Un par ligne, par un nom à vous : gender = custom.gender",
            "One a line, by a name of yours: gender = custom.gender",
        ),
        "pairs",
    ),
    Field(
        ("lifespan_days",),
        ("Durée d'usage de produits, en jours", "How long products last, in days"),
        ("Un produit par ligne, par son numéro : 8123 = 30", "A product a line, by its id: 8123 = 30"),
        "pairs",
        of="number",
    ),
    Field(
        ("webhook_secret",),
        ("Secret des webhooks", "Secret of the webhooks"),
        ("16 caractères ou plus.", "16 characters or more."),
        "secret",
    ),
)
_WRITTEN = (
    ("stage", ("étape", "stage")),
    ("previous", ("étape précédente", "stage before")),
    ("day", ("jour du changement", "day of the change")),
    ("contact_ok_after", ("prochain contact possible", "next contact from")),
    ("scores", ("notes RFM", "RFM scores")),
)
DESTINATION: tuple[Field, ...] = (
    Field(
        ("store",),
        ("Boutique dont les comptes sont écrits", "Shop whose accounts are written"),
        ("Ses clés servent à écrire.", "Its keys are used to write."),
        "choice",
    ),
    Field(
        ("push",),
        ("Ce qui est envoyé", "What is pushed"),
        ("Familles et audiences en service.", "Families and audiences that are on."),
        "several",
        default="spread",
    ),
    Field(
        ("approve",),
        ("Accord demandé", "Asks for a yes"),
        NOTHING,
        "choice",
        (
            ("auto", ("Non : envoyé aussitôt", "No: pushed at once")),
            ("always", ("Oui : chaque plan attend", "Yes: each plan waits")),
        ),
        default="auto",
    ),
    Field(
        ("write",),
        ("Sous quelle forme", "In which form"),
        ("Rien de coché : des étiquettes.", "Nothing ticked: tags."),
        "several",
        (("tag", ("étiquette", "tag")), ("field", ("champ", "field"))),
        default="tag",
    ),
    Field(
        ("fields",),
        ("Champs écrits", "Fields that are written"),
        NOTHING,
        "several",
        _WRITTEN,
        default="stage\nprevious\nday",
    ),
    Field(
        ("exclude",),
        ("Segments exclus", "Segments that are excluded"),
        (
            "Un par ligne ; leurs membres ne reçoivent rien : aud.vip",
            "One a line; their people receive nothing: aud.vip",
        ),
        "lines",
    ),
    Field(
        ("holdout",),
        ("Part mise à l'écart, en %", "Share that is held out, in %"),
        (
            "Un segment par ligne, de 0 à 50 : spread.inactive = 10",
            "A segment a line, from 0 to 50: spread.inactive = 10",
        ),
        "pairs",
        of="decimal",
    ),
    Field(
        ("contacts",),
        ("Personnes inconnues de l'outil", "People whom the tool does not know"),
        NOTHING,
        "choice",
        (
            ("existing", ("Laissées de côté", "Left out")),
            ("all", ("Créées, abonnées à rien", "Made, subscribed to nothing")),
        ),
        default="existing",
    ),
    Field(
        ("read_sends",),
        ("Lire les envois de l'outil", "Read the tool's own messages"),
        ("Pour savoir qui a reçu quoi, et quand.", "To know who received what, and when."),
        "switch",
        default="false",
    ),
)
_MAILCHIMP = (
    Field(
        ("api_key",),
        ("Clé API", "API key"),
        ("Mailchimp, Account, Extras, API keys : …-us21", "Mailchimp, Account, Extras, API keys: …-us21"),
        "secret",
    ),
    Field(
        ("audience",),
        ("Identifiant de l'audience", "Audience ID"),
        ("Audience, Settings, Audience ID : a1b2c3d4e5", "Audience, Settings, Audience ID: a1b2c3d4e5"),
        needed=True,
    ),
)
STORES: Mapping[str, tuple[Field, ...]] = {
    "shopify": (*_SHOPIFY, *_ENDPOINT),
    "woocommerce": (*_WOOCOMMERCE, *_ENDPOINT),
}
"""What a platform needs to be read."""
DESTINATIONS: Mapping[str, tuple[Field, ...]] = {
    "shopify": (),
    "woocommerce": (),
    "mailchimp": (*_MAILCHIMP, *_ENDPOINT),
}
"""What a platform needs to be written, where it has no store's keys."""
PLATFORMS: Mapping[str, str] = {"shopify": "Shopify", "woocommerce": "WooCommerce", "mailchimp": "Mailchimp"}
_WHERE: Mapping[str, set[str]] = {
    "store": {"shopify", "woocommerce"},
    "fields": {"woocommerce", "mailchimp"},
    "write": {"mailchimp"},
    "contacts": {"mailchimp"},
    "read_sends": {"mailchimp"},
}
"""Settings of destinations that only some platforms have."""


def fields_of(part: str, platform: str) -> tuple[Field, ...]:
    """What a store or a destination of a platform is asked: its keys first."""
    if part == "stores":
        return (*STORES[platform], *STORE)
    common = tuple(field for field in DESTINATION if platform in _WHERE.get(field.name, PLATFORMS))
    return (*DESTINATIONS[platform], *common)
