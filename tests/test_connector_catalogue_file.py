"""A merchant's segments.toml: what it can change and add, and how a mistake in it is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connector.catalogue import library, load, read
from connector.catalogue.check import problems
from connector.catalogue.refusal import line_of
from connector.errors import SettingsError
from connector.language import Language

CHANGED = """\
# what this shop has of its own
[families.spread]
parameters.window = 120
[families.spread.stages.loyal]
label = "Habitué"
tag = { fr = "Cycle : Habitué", en = "Lifecycle: Habitual" }
cap = "at_risk"

[families.loyalty]
on = true

[audiences.vip]
on = true
parameters = { x = 500 }

[audiences.big]
label = "Mes gros paniers"
rule = "orders_placed MATCHES (amount > $least, date > -365d)"
parameters.least = 200
on = true
objective = "keep_active"
fields = { mailchimp = "BIG" }

[objectives.to_loyal]
target = 40
deadline = 2027-06-30

[caps.at_risk]
phases = [{ from_day = 0, at_most = 1, per_days = 30 }]

[playbooks.call]
title = "Appeler"
text = "Un coup de fil."
segments = ["aud.big"]
"""

OWN_FAMILY = """\
[families.pace]
label = "Allure"
[families.pace.stages.fast]
label = "Vite"
rule = "number_of_orders >= 5"
[families.pace.stages.slow]
label = "Lentement"
rule = "TRUE"
"""


def refused(text: str, language: Language = "en") -> str:
    with pytest.raises(SettingsError) as caught:
        load(text, "segments.toml", language)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------- what it can


def test_a_family_gets_another_window_label_tag_and_cap() -> None:
    spread = load(CHANGED).families["spread"]
    loyal = spread.stages[1]

    assert spread.rules()[1] == "orders_placed MATCHES (date > -120d, count >= 2)"
    assert (loyal.label.fr, loyal.label.en, loyal.tag.en) == ("Habitué", "Habitué", "Lifecycle: Habitual")
    assert loyal.cap == "at_risk"
    assert loyal.description == library().families["spread"].stages[1].description


def test_an_audience_gets_its_value_and_is_switched_on() -> None:
    found = load(CHANGED)

    assert found.audiences["aud.vip"].rules() == ["amount_spent > 500"]
    assert {"loyalty", "aud.vip", "aud.big"} <= {entry.key for entry in found.on()}


def test_an_audience_of_the_merchants_own_needs_a_rule_and_a_label() -> None:
    big = load(CHANGED).audiences["aud.big"]

    assert big.rules() == ["orders_placed MATCHES (amount > 200, date > -365d)"]
    assert (big.version, big.row, big.group) == (1, None, "own")
    assert big.stage.tag.fr == "Mes gros paniers"
    assert big.told(big.stage, "fr") == "orders_placed MATCHES (amount > 200, date > -365d)"
    assert big.fields == {"mailchimp": "BIG"}


def test_objectives_caps_and_ideas_are_changed_too() -> None:
    found = load(CHANGED)
    objective = found.objectives["to_loyal"]

    assert (objective.target, objective.deadline) == (40, date(2027, 6, 30))
    assert objective.moves == library().objectives["to_loyal"].moves
    assert [phase.per_days for phase in found.caps["at_risk"].phases] == [30]
    assert found.playbook("aud.big")[0].title.fr == "Appeler"


def test_what_is_not_named_stays_as_it_is_shipped() -> None:
    found, shipped = load(CHANGED), library()

    assert found.audiences["aud.local"] == shipped.audiences["aud.local"]
    assert load("") == shipped


def test_a_family_of_the_merchants_own_has_its_stages_in_the_order_of_the_file() -> None:
    pace = load(OWN_FAMILY).families["pace"]

    assert [pace.segment_key(stage) for stage in pace.stages] == ["pace.fast", "pace.slow"]
    assert pace.rules() == ["number_of_orders >= 5", "TRUE"]


def test_each_frequent_value_can_be_an_audience_of_its_own() -> None:
    shipped = library()
    asked = shipped.audiences["aud.payment_method"].model_copy(update={"each": ("PayPal", "Carte, 3×", "支付宝")})
    found = shipped.model_copy(update={"audiences": {**shipped.audiences, asked.key: asked}}).divided()
    paypal, card = found.audiences["aud.payment_method_paypal"], found.audiences["aud.payment_method_carte_3"]

    assert (paypal.parameters["m"], paypal.missing, paypal.row) == ("PayPal", (), None)
    assert paypal.stage.tag.fr == "Audience : Moyen de paiement : PayPal"
    assert (card.label.en, card.stage.tag.en) == (
        "Payment method used: Carte, 3×",
        "Audience: Payment method: Carte  3×",
    )
    assert paypal.told(paypal.stage, "fr") == "Au moins une commande payée par PayPal."
    assert len([key for key in found.audiences if key.startswith("aud.payment_method_")]) == 3
    assert len(found.table()) == 43
    assert list(problems(found)) == []


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "segments.toml"
    file.write_text(CHANGED, encoding="utf-8")

    assert read(file) == load(CHANGED)


# --------------------------------------------------------------------------------------------------- what it cannot


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[famillies.spread]\non = true", "line 1: there is nothing called famillies here. Did you mean families?"),
        (
            "\n[audiences.vipp]\non = true",
            "line 2: there is no vipp to change; a new entry needs rule. Did you mean vip?",
        ),
        (
            "[families.spred]\non = true",
            "line 1: there is no spred to change; a new entry needs stages. Did you mean spread?",
        ),
        ("[audiences.vip]\non = true\ncolour = 1", "line 3: there is nothing called colour here."),
        ("[audiences.vip]\nonn = true", "line 2: there is nothing called onn here. Did you mean on?"),
        ("[audiences.vip]\ntags = 'x'", "line 2: there is nothing called tags here. Did you mean tag?"),
        ("[audiences.vip]\n\non = 'yes'", "line 3: on should be true or false."),
        ("[families.spread]\nversion = 1.5", "line 2: version should be a whole number."),
        ("[families.spread]\nparameters.windw = 9", "line 2: no rule uses the parameter windw. Did you mean window?"),
        ("[audiences.vip]\ntag = 'a, b'", "line 2: a tag has no comma, which separates tags in a shop."),
        ("[audiences.vip]\ntag = ' '", "line 2: a tag has 1 to 255 characters."),
        ("[audiences.vip]\ntag = { fr = 'x', de = 'y' }", "line 2: there is nothing called de here."),
        ("[audiences.vip]\nlabel = 7", "line 2: label should be a text, or a table with fr and en."),
        ("[audiences.vip]\nobjective = 'to_loyl'", "line 2: there is no objective to_loyl. Did you mean to_loyal?"),
        ("[audiences.vip]\ncap = 'loyall'", "line 2: there is no contact cap loyall. Did you mean loyal?"),
        ("[audiences.vip]\nuse = 'block'", "line 2: use should be one of 'address' or 'exclude'."),
        ("[audiences.vip]\neach = ['a']", "line 2: aud.vip has no value of which each could make an audience."),
        ("[audiences.city]\neach = ['Lyon', 'LYON']", "line 2: Lyon reads the same as another value of the list."),
        (
            "[audiences.city]\non = true\neach = ['']",
            "line 3: each value of the list is a text of 1 to 100 characters.",
        ),
        (
            f"[audiences.city]\neach = ['{'x' * 101}']",
            "line 2: each value of the list is a text of 1 to 100 characters.",
        ),
        (
            "[families.spread]\nwindow = 90",
            "line 2: window is a parameter; write [families.spread.parameters] window = 90.",
        ),
        (
            "[audiences.city]\ncity = 'Lyon'",
            'line 2: city is a parameter; write [audiences.city.parameters] city = "Lyon".',
        ),
        (
            "[audiences.late]\nlabel = 'x'\nrule = 'last_order_date < $since'\nsince = 2026-01-31",
            "line 4: since is a parameter; write [audiences.late.parameters] since = 2026-01-31.",
        ),
        (
            "[families.spread.parameters]\nwindow = 0",
            "line 2: the rule cannot be read: $window = 0 is not a number of days. Give a whole number from 1 on.",
        ),
        (
            "[families.emarsys.parameters]\ngrowth = 1",
            "line 1: the rule cannot be read: Nothing lies between 2 and 1; write number_of_orders BETWEEN 1 AND 2.",
        ),
        ("[audiences.vip]\nkey = 'aud.x'", "line 2: there is nothing called key here."),
        ("[audiences.vip]\nfields.mailchimp = 'vip'", "line 2: a field is called like lc_vip in woocommerce"),
        ("[audiences.vip]\nfields = { mailchimp = 'TOP20' }", "the field TOP20 is already that of"),
        ("[audiences.Vip]\nrule = 'TRUE'\nlabel = 'x'", "line 1: Vip should be a name in small letters, digits and _."),
        ("[audiences.x]\nrule = 'TRUE'", "line 1: label is missing."),
        ("[audiences]\nx = 3", "line 2: x should be a table."),
        ("audiences = 3", "line 1: audiences should be a table."),
        ("[objectives.to_loyal]\ndeadline = 'soon'", "line 2: deadline should be a day such as 2027-03-31."),
        ("[objectives.to_loyal]\ntarget = 0", "line 2: target should be a larger number."),
        ("[caps.loyal]\nphases = []", "line 2: phases should be filled in."),
        (
            "[caps.loyal]\nphases = [\n { from_day = 2, at_most = 1, per_days = 7 },\n]",
            "line 1: phases start with from_day = 0 and stand in order.",
        ),
        ("[[caps.loyal.phases]]\nfrom_day = 0\nat_most = 1", "line 1: per_days is missing."),
        (
            "[objectives.to_loyal]\nmoves = [{ from = ['spread.new'], to = ['spread.loyl'] }]",
            "line 2: there is no segment spread.loyl. Did you mean spread.loyal?",
        ),
        (
            "[playbooks.welcome]\nsegments = ['aud.vipp']",
            "line 2: there is no segment aud.vipp. Did you mean aud.vip?",
        ),
        (
            "[families.pace]\nlabel = 'x'\nstages.fast = { label = 'Vite', rule = 'number_of_orders > 1' }",
            "line 3: the last stage of pace should have the rule TRUE, or some people are in no stage.",
        ),
        ("[audiences.vip]\non = ", "line 2: this is not TOML."),
        (
            "[families.pace]\nlabel = 'x'\n[[families.pace.stages]]\nkey = 'fast'",
            "line 3: each stage of pace is a table of its own: [families.pace.stages.NAME].",
        ),
        (
            "[families.pace]\nlabel = 'x'\nstages.fast = 'TRUE'",
            "line 3: each stage of pace is a table of its own: [families.pace.stages.NAME].",
        ),
        (
            "[audiences.vip]\non = true\nparameters.x = 'much'",
            "line 3: the rule cannot be read: amount_spent is compared with an amount, such as 49.90.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(text: str, said: str) -> None:
    assert f"segments.toml, {said}" in refused(text) or said in refused(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[audiences.vipp]\non = true",
            "ligne 1 : vipp n'existe pas ; une nouvelle entrée demande rule. Vouliez-vous dire vip ?",
        ),
        ("[audiences.vip]\ntag = 'a, b'", "ligne 2 : une étiquette n'a pas de virgule"),
        ("[audiences.vip]\non = 3", "ligne 2 : on devrait être true ou false."),
        ("[audiences.vip]\nparameters.x = true", "ligne 2 : "),
        ("[audiences.city]\neach = [' ']", "ligne 2 : chaque valeur de la liste est un texte de 1 à 100 caractères."),
        (
            "[families.spread]\nwindow = 90",
            "ligne 2 : window est un paramètre ; écrivez [families.spread.parameters] window = 90.",
        ),
        ("[audiences.vip\n", "ligne 1 : ce n'est pas du TOML."),
        (
            "[audiences.a]\nlabel = 'A'\nrule = \"in_segment('aud.b')\"\n"
            "[audiences.b]\nlabel = 'B'\nrule = \"in_segment('aud.a')\"",
            "ligne 3 : la règle ne peut pas être lue : aud.b est défini par lui-même : aud.b → aud.a → aud.b.",
        ),
    ],
)
def test_a_mistake_is_told_in_french(text: str, said: str) -> None:
    assert f"segments.toml, {said}" in refused(text, "fr")


def test_a_tag_that_another_segment_has_is_refused_whatever_the_case() -> None:
    said = refused("[audiences.vip]\non = true\ntag = 'cycle : fidèle'")

    assert said == "segments.toml, line 3: the tag “cycle : fidèle” is already that of spread.loyal."


def test_a_rule_that_cannot_be_read_is_told_with_the_line_of_the_mistake() -> None:
    one = "[audiences.x]\nlabel = 'x'\nrule = 'last_order_dat > -3d'"
    three = '[audiences.x]\nlabel = "x"\nrule = """\nnumber_of_orders > 1\nAND last_order_dat > -3d"""'

    assert refused(one).startswith("segments.toml, line 3: the rule cannot be read:")
    assert "last_order_date?" in refused(one)
    assert refused(three).startswith("segments.toml, line 5: ")
    assert refused(one, "fr").startswith("segments.toml, ligne 3 : la règle ne peut pas être lue : ")


def test_a_value_that_does_not_fit_its_rule_is_refused_where_it_was_set() -> None:
    said = refused("[families.spread]\n[families.spread.parameters]\nwindow = -4")

    assert said.startswith("segments.toml, line 3: ")
    assert "$window = -4 is not a number of days." in said


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "segments.toml"
    binary.write_bytes(b"label = '\xff'")

    with pytest.raises(SettingsError, match="cannot be read"):
        read(tmp_path / "other.toml")
    with pytest.raises(SettingsError, match="not a text in UTF-8"):
        read(binary)


def test_a_line_is_found_wherever_the_name_stands() -> None:
    text = 'a = 1\n\n# b\n[b]\nc = """\nd = 1\n"""\n[b.e]\nf = [\n  1,\n]\ng.h = 2\n[[i]]\nj = 1\n[[i]]\nj = 2\n'

    paths = [("a",), ("b",), ("b", "c"), ("b", "e"), ("b", "e", "f"), ("b", "e", "g", "h"), ("i", 0), ("i", 1, "j")]
    assert [line_of(text, path) for path in paths] == [1, 4, 5, 8, 9, 12, 13, 16]
    assert line_of(text, ("b", "e", "missing")) == 8
    assert line_of("", ("a",)) == 1


def test_another_rule_for_a_shipped_audience_needs_none_of_its_values() -> None:
    found = load("[audiences.vip]\nrule = 'amount_spent > 900'\non = true")

    assert "aud.vip" in {entry.key for entry in found.on()}
    assert refused("[audiences.vip]\nrule = 'amount_spent > 900'\nparameters = { x = 3 }").startswith(
        "segments.toml, line 3: no rule uses the parameter x."
    )
