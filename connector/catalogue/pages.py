"""The catalogue as a page that a merchant reads, in either language; docs/ keeps both, and a test compares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connector.catalogue.entries import Audience, Cap, Family, Platform, Stage
from connector.catalogue.library import PLATFORMS, Library
from connector.language import Language

PLACES: Mapping[Language, str] = {"fr": "docs/fr/segments.md", "en": "docs/en/segments.md"}
"""Where the pages are kept."""

_PLATFORMS: Mapping[Platform, Mapping[Language, str]] = {
    "shopify": {"fr": "Shopify", "en": "Shopify"},
    "woocommerce": {"fr": "WooCommerce", "en": "WooCommerce"},
    "csv": {"fr": "Fichier CSV", "en": "CSV file"},
}
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "title": "Segments",
        "intro": (
            "Cette page liste chaque famille et chaque audience, avec sa règle. Une **famille** range chaque personne "
            "dans une étape et une seule : la première dont la règle est vraie. Une **audience** est une seule "
            "question, à laquelle chacun répond par oui ou non.\n\nLes jours sont ceux de la boutique, aujourd'hui "
            "compris. Les montants comprennent taxes et livraison, remboursements déduits. Un `$nom` est une valeur "
            "réglable."
        ),
        "change": (
            "**D'origine, la famille `spread` et huit audiences sont recalculées.** Le reste s'active "
            "dans `segments.toml`, à côté de `connector.toml`, et se compte déjà : `connector segments --all`. "
            "Une destination ne reçoit que ce que sa liste nomme "
            '(`push = ["spread", "rfm", "aud.vip"]`) ; sans liste, la seule famille `spread`. '
            "Après un changement : `connector recompute`."
        ),
        "own": "Mes gros paniers",
        "families": "Familles",
        "table": "Les 43 audiences",
        "more": "Autres audiences",
        "objectives": "Objectifs",
        "caps": "Plafonds de contact",
        "strictest": (
            "Tous les messages comptent. Une audience sans plafond suit celui de l'étape de chacun ; entre plusieurs "
            "plafonds, le plus strict l'emporte. Ce que la personne a choisi elle-même passe avant tout."
        ),
        "plays": "Idées de campagnes",
        "on": "Activée d'origine.",
        "off": "À activer si elle vous est utile.",
        "stages": "| étape | étiquette | qui | règle |",
        "idea": "L'idée",
        "tag": "Étiquette",
        "values": "Valeurs",
        "asks": "À renseigner",
        "needs": "S'appuie sur",
        "waits": "En attente",
        "partly": "en partie",
        "no": "indisponible",
        "aim": "Objectif",
        "cap": "Plafond",
        "exclude": "Sert à écarter des envois.",
        "row": "n° {row}",
        "colon": " : ",
        "moves": "{origin} → {to}",
        "stay": "rester {to}",
        "or": " ou ",
        "from_day": "à partir du jour {day} : ",
        "none": "aucun message",
        "phase": "{n} en {days} jours au plus",
        "per_value": '`each = ["…"]` en fait une audience par valeur',
        "for": "Pour",
    },
    "en": {
        "title": "Segments",
        "intro": (
            "This page lists every family and every audience with its rule. A **family** puts each person into one "
            "stage and only one: the first whose rule is true. An **audience** is a single question that everyone "
            "answers with yes or no.\n\nDays are the shop's, today included. Amounts include tax and shipping, refunds "
            "taken off. A `$name` is a value that can be set."
        ),
        "change": (
            "**By default the family `spread` and eight audiences are recomputed.** The rest is switched on in "
            "`segments.toml`, beside `connector.toml`, and can be counted right away: `connector segments --all`. "
            "A destination receives what its list names "
            '(`push = ["spread", "rfm", "aud.vip"]`) and nothing else; without a list, the family `spread` alone. '
            "After a change: `connector recompute`."
        ),
        "own": "My big baskets",
        "families": "Families",
        "table": "The 43 audiences",
        "more": "More audiences",
        "objectives": "Objectives",
        "caps": "Contact caps",
        "strictest": (
            "All messages count. An audience without a cap follows that of each person's stage; of several caps the "
            "strictest holds. What the person chose comes before everything."
        ),
        "plays": "Ideas for campaigns",
        "on": "On by default.",
        "off": "To be switched on where it is of use.",
        "stages": "| stage | tag | who | rule |",
        "idea": "The idea",
        "tag": "Tag",
        "values": "Values",
        "asks": "To be given",
        "needs": "Relies on",
        "waits": "Waiting",
        "partly": "in part",
        "no": "not available",
        "aim": "Objective",
        "cap": "Cap",
        "exclude": "Serves to keep people out of messages.",
        "row": "no. {row}",
        "colon": ": ",
        "moves": "{origin} → {to}",
        "stay": "stay {to}",
        "or": " or ",
        "from_day": "from day {day} on: ",
        "none": "no message",
        "phase": "at most {n} in {days} days",
        "per_value": '`each = ["…"]` makes an audience of each value',
        "for": "For",
    },
}
_EXAMPLE = """```toml
[families.spread.parameters]
window = 120

[families.rfm]
on = true

[audiences.vip]
on = true
parameters = {{ x = 500 }}

[audiences.payment_method]
on = true
each = ["paypal", "card"]

[audiences.big]
label = "{own}"
rule = "orders_placed MATCHES (amount > 200, date > -365d)"
on = true

[objectives.to_loyal]
target = 40
deadline = 2027-06-30
```"""


def page(library: Library, language: Language) -> str:
    """All of the catalogue in Markdown."""
    return "\n\n".join(_Page(library, language).paragraphs()) + "\n"


class _Page:
    """Writes one catalogue in one language."""

    def __init__(self, library: Library, language: Language) -> None:
        self.library = library
        self.language = language
        self.words = _WORDS[language]

    def paragraphs(self) -> Iterator[str]:
        """The page from top to bottom."""
        word = self.words
        yield f"# {word['title']}"
        yield word["intro"]
        yield word["change"]
        yield _EXAMPLE.format(own=word["own"])
        yield f"## {word['families']}"
        for family in self.library.families.values():
            yield from self._family(family)
        yield f"## {word['table']}"
        for audience in self.library.table():
            yield from self._audience(audience)
        yield f"## {word['more']}"
        for audience in self.library.audiences.values():
            if audience.row is None:
                yield from self._audience(audience)
        yield f"## {word['objectives']}"
        yield from self._objectives()
        yield f"## {word['caps']}"
        yield word["strictest"]
        yield _listed(self._caps())
        yield f"## {word['plays']}"
        yield _listed(self._plays())

    def _caps(self) -> Iterator[str]:
        for cap in self.library.caps.values():
            yield f"**{cap.label.of(self.language)}** ({self._pace(cap)}). {cap.description.of(self.language)}"

    def _family(self, family: Family) -> Iterator[str]:
        yield f"### {family.label.of(self.language)} (`{family.key}`)"
        yield f"{family.description.of(self.language)} {self.words['on' if family.on else 'off']}"
        if family.condition is not None:
            yield family.condition.of(self.language)
        rows = [
            f"| {stage.label.of(self.language)} | `{stage.tag.of(self.language)}` "
            f"| {family.told(stage, self.language)} | `{stage.rule}` |"
            for stage in family.stages
        ]
        yield "\n".join([self.words["stages"], "|---|---|---|---|", *rows])
        yield _listed(self._facts(family))

    def _audience(self, audience: Audience) -> Iterator[str]:
        row = "" if audience.row is None else f", {self.words['row'].format(row=audience.row)}"
        yield f"### {audience.label.of(self.language)} (`{audience.key}`{row})"
        said = [audience.told(audience.stage, self.language)]
        said += [self.words["exclude"]] if audience.use == "exclude" else []
        said += [self.words["on"]] if audience.on else []
        yield " ".join(said)
        yield f"```\n{audience.stage.rule}\n```"
        idea = [] if audience.condition is None else [f"{self.words['idea']}. {audience.condition.of(self.language)}"]
        tag = self._fact("tag", f"`{audience.stage.tag.of(self.language)}`")
        yield _listed([*idea, tag, *self._facts(audience)])

    def _facts(self, entry: Family) -> Iterator[str]:
        if entry.parameters:
            yield self._fact("values", ", ".join(f"`{name} = {value}`" for name, value in entry.parameters.items()))
        for name, ask in entry.asks.items():
            each = f" ({self.words['per_value']})" if ask.per_value else ""
            yield self._fact("asks", f"`{name}`, {_lowered(ask.label.of(self.language))}{each}")
        yield self._fact("needs", _lowered(", ".join(self._need(name) for name in entry.needs)))
        waiting = self.library.waiting(entry)
        if waiting is not None:
            yield f"{self.words['waits']}. {waiting.of(self.language)}"
        else:
            yield from self._limits(entry)
        if isinstance(entry, Audience):
            yield from self._aims(entry.stage)

    def _limits(self, entry: Family) -> Iterator[str]:
        for platform in PLATFORMS:
            limits = self.library.limits(entry, platform)
            if limits:
                level = self.words["no" if self.library.level(entry, platform) == "none" else "partly"]
                reasons = " ".join(dict.fromkeys(limit.reason.of(self.language) for limit in limits))
                yield f"{_PLATFORMS[platform][self.language]} ({level}). {reasons}"

    def _aims(self, stage: Stage) -> Iterator[str]:
        if stage.objective is not None:
            yield self._fact("aim", _lowered(self.library.objectives[stage.objective].label.of(self.language)))
        if stage.cap is not None:
            yield self._fact("cap", self._pace(self.library.caps[stage.cap]))

    def _need(self, name: str) -> str:
        return _lowered(self.library.needs[name].label.of(self.language))

    def _fact(self, name: str, text: str) -> str:
        return f"{self.words[name]}{self.words['colon']}{text}"

    def _pace(self, cap: Cap) -> str:
        """A cap's phases in a few words."""
        told = []
        for phase in cap.phases:
            start = self.words["from_day"].format(day=phase.from_day) if phase.from_day else ""
            pace = self.words["phase"].format(n=phase.at_most, days=phase.per_days)
            told.append(start + (pace if phase.at_most else self.words["none"]))
        return " ; ".join(told) if self.language == "fr" else "; ".join(told)

    def _objectives(self) -> Iterator[str]:
        for objective in self.library.objectives.values():
            yield f"**{objective.label.of(self.language)}.** {objective.description.of(self.language)}"
            yield _listed(self._move(move.origin, move.to) for move in objective.moves)

    def _move(self, origin: Iterable[str], to: Iterable[str]) -> str:
        if set(origin) == set(to):
            return self.words["stay"].format(to=self._labels(to))
        return self.words["moves"].format(origin=self._labels(origin), to=self._labels(to))

    def _labels(self, keys: Iterable[str]) -> str:
        return self.words["or"].join(f"{self._label(key)} (`{key}`)" for key in keys)

    def _label(self, key: str) -> str:
        return self.library.segment(key)[1].label.of(self.language)

    def _plays(self) -> Iterator[str]:
        for play in self.library.playbooks.values():
            objective = [] if play.objective is None else [self.library.objectives[play.objective].label]
            served = [*(_lowered(label.of(self.language)) for label in objective), *map(self._label, play.segments)]
            title = play.title.of(self.language)
            lead = f"**{title}.** {play.text.of(self.language)}"
            yield f"{lead} {self.words['for']}{self.words['colon']}{', '.join(served)}."


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
