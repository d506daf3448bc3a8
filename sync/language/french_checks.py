"""French for what a shop's check and a file's reading found: problems with their remedies, and doubts."""

from __future__ import annotations

from collections.abc import Mapping

CHECKS: Mapping[str, str] = {
    "Customers cannot be read.": "Les clients ne peuvent pas être lus.",
    "Orders cannot be read.": "Les commandes ne peuvent pas être lues.",
    "Types, vendors and tags of products cannot be read, so rules on them find nobody.": (
        "Les types, fournisseurs et étiquettes des produits ne peuvent pas être lus : "
        "les règles qui en parlent ne trouvent personne."
    ),
    "Customers and their tags cannot be read.": "Les clients et leurs étiquettes ne peuvent pas être lus.",
    "Tags cannot be written.": "Les étiquettes ne peuvent pas être écrites.",
    "Give the app the scope {scope} (Dev Dashboard, a new version of the app), then reinstall it.": (
        "Donnez à l'application l'autorisation {scope} (Dev Dashboard, une nouvelle version de l'application), "
        "puis réinstallez-la."
    ),
    "Shopify shows this app only the orders of the last {days} days, since {day}.": (
        "Shopify ne montre à cette application que les commandes des {days} derniers jours, depuis le {day}."
    ),
    "Ask for the scope read_all_orders, or import the shop's CSV exports into the same store: "
    "connector import FILE --store NAME": (
        "Demandez l'autorisation read_all_orders, ou importez les exports CSV de la boutique sous le même nom : "
        "connector import FICHIER --store NOM"
    ),
    "Shopify answers with version {served} of its API, not {wanted}.": (
        "Shopify répond avec la version {served} de son API, pas {wanted}."
    ),
    "Update the connector: this version is no longer served, and answers may differ.": (
        "Mettez le connecteur à jour : cette version n'est plus servie, et les réponses peuvent différer."
    ),
    "Ask for that field or scope in the app's settings (Protected customer data access).": (
        "Demandez ce champ ou cette autorisation dans les réglages de l'application (Protected customer data access)."
    ),
    "The shop is read over plain http: the key is safe, but your customers' data can be read on the way.": (
        "La boutique est lue en http : la clé est protégée, mais les données de vos clients se lisent en chemin."
    ),
    "Turn on https for the shop and write its https address.": (
        "Activez https pour la boutique et écrivez son adresse en https."
    ),
    "The shop ignores modified_after: asked for changes in the future it shows orders ({number}).": (
        "La boutique ignore modified_after : pour des changements à venir, elle montre des commandes ({number})."
    ),
    "This WooCommerce cannot sort orders by their last change; they are read all the same, by their ids.": (
        "Ce WooCommerce ne sait pas trier les commandes par dernier changement ; "
        "elles sont lues tout de même, par numéro."
    ),
    "Update WooCommerce when you can.": "Mettez WooCommerce à jour quand vous pourrez.",
    "The shop does not tell its time zone.": "La boutique ne dit pas son fuseau horaire.",
    "The shop's clock is UTC{offset}, which is no time zone.": (
        "L'heure de la boutique est UTC{offset}, ce qui n'est pas un fuseau horaire."
    ),
    "The shop's clock is UTC{offset} all year: days will be an hour off in summer or winter.": (
        "L'heure de la boutique est UTC{offset} toute l'année : les jours sont décalés d'une heure en été ou en hiver."
    ),
    'Set timezone = "Europe/Paris" (or the shop\'s own) here, or choose a city in WordPress, Settings > General.': (
        'Réglez ici timezone = "Europe/Paris" (ou celui de la boutique), '
        "ou choisissez une ville dans WordPress, Réglages > Général."
    ),
    "The audience requires {fields}, which contacts that we create will not have.": (
        "L'audience exige {fields}, que les contacts créés par nous n'auront pas."
    ),
    'Let Mailchimp require less, or take existing contacts only (contacts = "existing").': (
        'Faites que Mailchimp exige moins, ou ne prenez que les contacts existants (contacts = "existing").'
    ),
    "Create an audience in Mailchimp first.": "Créez d'abord une audience dans Mailchimp.",
    "Make one with Read/Write permission ({where}).": "Créez-en une en Lecture/Écriture ({where}).",
    "{host} answered {status}: {reason}": "{host} a répondu {status} : {reason}",
    "{host} answered {status}.": "{host} a répondu {status}.",
    "{host} answered {status}": "{host} a répondu {status}",
    "If that is wrong, write the dates as 2026-12-31.": "Si c'est faux, écrivez les dates comme 2026-12-31.",
    "No amount of the file says what its decimal mark is: a {expected} is assumed.": (
        "Aucun montant du fichier ne dit quel est son signe décimal : {expected} est supposé comme tel."
    ),
    "If that is wrong, write the amounts with two decimals.": (
        "Si c'est faux, écrivez les montants avec deux décimales."
    ),
    "dates": "des dates",
    "amounts": "des montants",
    "Product {id} was left out: its texts cannot be stored.": (
        "Le produit {id} a été laissé de côté : ses textes ne peuvent pas être enregistrés."
    ),
}
