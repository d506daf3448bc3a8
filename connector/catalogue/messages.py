"""The sentences for what can be wrong with a catalogue, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from connector.language import Language

WHERE: Mapping[Language, str] = {"en": "{file}, line {line}: ", "fr": "{file}, ligne {line} : "}
NEAR: Mapping[Language, str] = {"en": "Did you mean {name}?", "fr": "Vouliez-vous dire {name} ?"}
SENTENCES: Mapping[str, Mapping[Language, str]] = {
    "unknown": {"en": "there is nothing called {found} here.", "fr": "rien ne s'appelle {found} ici."},
    "parameter": {
        "en": "{found} is a parameter; write [{place}.parameters] {found} = {value}.",
        "fr": "{found} est un paramètre ; écrivez [{place}.parameters] {found} = {value}.",
    },
    "table": {"en": "{found} should be a table.", "fr": "{found} devrait être une table."},
    "stage table": {
        "en": "each stage of {found} is a table of its own: [families.{found}.stages.NAME].",
        "fr": "chaque étape de {found} est une table : [families.{found}.stages.NOM].",
    },
    "missing": {"en": "{found} is missing.", "fr": "il manque {found}."},
    "value": {"en": "{found} should be {expected}.", "fr": "{found} devrait être {expected}."},
    "no entry": {
        "en": "there is no {found} to change; a new entry needs {essential}.",
        "fr": "{found} n'existe pas ; une nouvelle entrée demande {essential}.",
    },
    "no segment": {"en": "there is no segment {found}.", "fr": "le segment {found} n'existe pas."},
    "no objective": {"en": "there is no objective {found}.", "fr": "l'objectif {found} n'existe pas."},
    "no cap": {"en": "there is no contact cap {found}.", "fr": "le plafond de contact {found} n'existe pas."},
    "no need": {"en": "there is no need {found}.", "fr": "le besoin {found} n'existe pas."},
    "no parameter": {
        "en": "no rule uses the parameter {found}.",
        "fr": "aucune règle n'utilise le paramètre {found}.",
    },
    "not whole": {
        "en": "the last stage of {found} should have the rule TRUE, or some people are in no stage.",
        "fr": "la dernière étape de {found} doit avoir la règle TRUE, sinon certains clients n'ont aucune étape.",
    },
    "not divisible": {
        "en": "{found} has no value of which each could make an audience.",
        "fr": "{found} n'a pas de valeur dont chacune ferait une audience.",
    },
    "value twice": {
        "en": "{found} reads the same as another value of the list.",
        "fr": "{found} se lit comme une autre valeur de la liste.",
    },
    "same tag": {
        "en": "the tag “{found}” is already that of {other}.",
        "fr": "l'étiquette « {found} » est déjà celle de {other}.",
    },
    "same field": {
        "en": "the field {found} is already that of {other}.",
        "fr": "le champ {found} est déjà celui de {other}.",
    },
    "circle": {
        "en": "{found} asks since when people are in a segment that is made from it.",
        "fr": "{found} demande depuis quand on est dans un segment qui en dépend lui-même.",
    },
    "rule": {"en": "the rule cannot be read: {error}", "fr": "la règle ne peut pas être lue : {error}"},
    "tag_comma": {
        "en": "a tag has no comma, which separates tags in a shop.",
        "fr": "une étiquette n'a pas de virgule : elle sépare les étiquettes dans une boutique.",
    },
    "each_value": {
        "en": "each value of the list is a text of 1 to 100 characters.",
        "fr": "chaque valeur de la liste est un texte de 1 à 100 caractères.",
    },
    "tag_length": {
        "en": "a tag has 1 to 255 characters.",
        "fr": "une étiquette compte de 1 à 255 caractères.",
    },
    "field_name": {
        "en": "a field is called like lc_vip in woocommerce, like VIP in mailchimp (ten capitals or digits at most).",
        "fr": "un champ s'appelle par exemple lc_vip dans woocommerce, VIP dans mailchimp (dix capitales ou chiffres).",
    },
    "phases": {
        "en": "phases start with from_day = 0 and stand in order.",
        "fr": "les phases commencent par from_day = 0 et se suivent dans l'ordre.",
    },
    "not toml": {"en": "this is not TOML.", "fr": "ce n'est pas du TOML."},
}
EXPECTED: Mapping[str, Mapping[Language, str]] = {
    "int": {"en": "a whole number", "fr": "un nombre entier"},
    "greater": {"en": "a larger number", "fr": "un nombre plus grand"},
    "less": {"en": "a smaller number", "fr": "un nombre plus petit"},
    "bool": {"en": "true or false", "fr": "true ou false"},
    "string": {"en": "a text", "fr": "un texte"},
    "string_pattern_mismatch": {
        "en": "a name in small letters, digits and _",
        "fr": "un nom en minuscules, chiffres et _",
    },
    "date": {"en": "a day such as 2027-03-31", "fr": "un jour, par exemple 2027-03-31"},
    "tuple": {"en": "a list such as [1, 2]", "fr": "une liste, par exemple [1, 2]"},
    "too_short": {"en": "filled in", "fr": "rempli"},
    "model": {
        "en": "a text, or a table with fr and en",
        "fr": "un texte, ou une table avec fr et en",
    },
    "parameter": {
        "en": "a number, a text, a day or a list of texts",
        "fr": "un nombre, un texte, un jour ou une liste",
    },
    "dict": {"en": "a table", "fr": "une table"},
    "mapping": {"en": "a table", "fr": "une table"},
    "literal": {"en": "one of {choices}", "fr": "l'un de {choices}"},
}
