from __future__ import annotations

import pytest
from sqlalchemy import Engine

from connector.answers.questions import ask
from connector.catalogue import library
from connector.errors import QueryError
from connector.history.memberships import activate, advance
from connector.query import canonical, parse
from connector.query.portability import portability
from connector.query.references import expanded, levels, stage_rules
from tests.rules_world import BASE, family, lent, person, stages_on

PEOPLE = [person(BASE - 200, BASE - 10), person(BASE - 5), person(BASE - 300), person(BASE - 20, BASE - 3)]


@pytest.mark.parametrize(
    ("rule", "people"),
    [
        ("TRUE", 4),
        ("FALSE", 0),
        ("number_of_orders IN (1, 3)", 2),
        ("in_segment('spread.loyal')", 1),
        ("NOT in_segment('spread.inactive') AND number_of_orders = 2", 2),
        ("anniversary(first_order_date) BETWEEN today AND +66d", 1),
        ("amount_spent >= 1.5 * AVG(order_amount, -365d)", 2),
        ("orders_placed MATCHES (ordinal = 2, date > -30d)", 2),
    ],
)
def test_a_rule_is_counted(engine: Engine, rule: str, people: int) -> None:
    with lent(engine, PEOPLE) as connection:
        answer = ask(connection, rule, BASE, library())

    assert (answer.people, answer.canonical) == (people, canonical(parse(rule)))


@pytest.mark.parametrize(
    ("rule", "english", "french"),
    [
        ("rfm_group = 'LOYAL'", "does not tell", "ne le communique pas"),
        ("metafields.facts.gender = 'F'", "No customer field is mapped", "Aucun champ client"),
        ("sessions MATCHES (chats >= 1)", "visits and clicks", "visites et des clics"),
        ("customer_within_distance MATCHES (distance_km <= 30)", "without coordinates", "coordonnées"),
        ("in_segment('spread.loyl')", "Did you mean spread.loyal?", "Vouliez-vous dire spread.loyal ?"),
        ("amount_spent > $x", "$x has no value", "$x"),
        ("amount_spent > MEDIAN(order_amount)", "no figure of the shop", "chiffre de la boutique"),
        ("amount_spent > AVG(city, -3d)", "cannot be of city", "ne s'applique pas à city"),
        ("customer_tags > 'vip'", "cannot be compared by >", "ne se compare pas par >"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(engine: Engine, rule: str, english: str, french: str) -> None:
    with lent(engine, PEOPLE) as connection:
        for language, words in (("en", english), ("fr", french)):
            with pytest.raises(QueryError) as error:
                ask(connection, rule, BASE, library(), "fr" if language == "fr" else "en")
            assert words in str(error.value)


def test_a_state_that_there_is_not_is_told(engine: Engine) -> None:
    with lent(engine, PEOPLE) as connection:
        wrong = ask(connection, "customer_account_status = 'ENABLD'", BASE, library())
        right = ask(connection, "email_subscription_status != 'subscribed'", BASE, library(), "fr")

    told = "customer_account_status is never 'ENABLD'; it is one of DECLINED, DISABLED, ENABLED, INVITED."
    assert wrong.warnings[-1] == told
    assert (wrong.portability.native, right.warnings) == ("customer_account_status = 'ENABLD'", ())


def test_a_figure_of_the_shop_is_what_shopify_does_not_know() -> None:
    marked = portability(parse("amount_spent > 1.15 * AVG(order_amount, -365d)"))

    assert (marked.mark, marked.warnings) == ("own", ("Shopify does not know AVG(…).",))


def test_a_past_day_says_what_is_known_of_today_only(engine: Engine) -> None:
    with lent(engine, PEOPLE) as connection:
        past = ask(connection, "customer_tags CONTAINS 'vip'", BASE, library(), today=BASE + 1)
        now = ask(connection, "customer_tags CONTAINS 'vip'", BASE, library(), today=BASE)

    assert any("customer_tags is known as of today only" in warning for warning in past.warnings)
    assert now.warnings == ()


@pytest.mark.parametrize(
    ("rule", "mark", "native"),
    [
        ("last_order_date <= -180d", "native", "last_order_date <= -180d"),
        ("TRUE", "native", "number_of_orders >= 0"),
        ("number_of_orders IN (1, 2)", "native", "number_of_orders = 1 OR number_of_orders = 2"),
        ("NOT last_order_date > -30d", "native", "last_order_date <= -30d OR last_order_date IS NULL"),
        ("NOT (number_of_orders = 1 AND amount_spent > 5)", "native", "number_of_orders != 1 OR amount_spent <= 5"),
        (
            "NOT orders_placed MATCHES (date > -30d, count >= 2)",
            "native",
            "orders_placed NOT MATCHES (date > -30d, count >= 2)",
        ),
        ("email_subscription_status = 'subscribed'", "native", "email_subscription_status = 'SUBSCRIBED'"),
        ("customer_tags IN ('a', 'b')", "native", "customer_tags CONTAINS 'a' OR customer_tags CONTAINS 'b'"),
        ("customer_cities CONTAINS 'Lyon'", "lossy", "customer_cities CONTAINS 'Lyon'"),
        ("customer_cities CONTAINS 'FR-ARA-Lyon'", "native", "customer_cities CONTAINS 'FR-ARA-Lyon'"),
        (
            "orders_placed MATCHES (app_id = 'app', count >= 1)",
            "lossy",
            "orders_placed MATCHES (app_id = 'app', count >= 1)",
        ),
        ("purchase_days = 1", "own", None),
        ("orders_placed MATCHES (coupon IS NOT NULL)", "own", None),
        ("amount_spent > 2 * AVG(order_amount, -365d)", "own", None),
        (" OR ".join(["number_of_orders = 1"] * 11), "own", None),
    ],
)
def test_a_rule_is_marked_and_said_in_the_words_of_shopify(rule: str, mark: str, native: str | None) -> None:
    found = portability(parse(rule))

    assert (found.mark, found.native) == (mark, native)
    assert bool(found.warnings) == (mark != "native")


def test_segments_that_mention_each_other_are_refused() -> None:
    rules = {"a.x": parse("in_segment('b.x')"), "b.x": parse("TRUE AND in_segment('a.x')")}

    with pytest.raises(QueryError, match=r"a\.x → b\.x → a\.x"):
        expanded(parse("in_segment('a.x')"), rules)
    with pytest.raises(QueryError, match="a is defined by itself: a → b → a"):
        levels([[1], [0]], ["a", "b"])


def test_a_rule_that_grows_by_its_segments_has_a_limit() -> None:
    rules = {"s0": parse("number_of_orders = 1")}
    for n in range(1, 15):
        rules[f"s{n}"] = parse(f"in_segment('s{n - 1}') OR NOT in_segment('s{n - 1}')")

    with pytest.raises(QueryError, match="more than 800 conditions"):
        expanded(parse("in_segment('s14')"), rules)


def test_a_stage_is_its_rule_and_none_before_it() -> None:
    rules = stage_rules(["f.a", "f.b"], [parse("number_of_orders = 1"), parse("TRUE")])

    assert canonical(rules["f.b"]) == "TRUE AND NOT number_of_orders = 1"


def test_an_entry_into_a_segment_counts_from_its_day_on_by_day_and_by_replay(engine: Engine) -> None:
    families = [
        family("late", "segment_entered MATCHES (segment = 'life.s0', date > -5d)"),
        family("life", "last_order_date > -10d", "TRUE"),
    ]
    someone = [person(BASE - 30, BASE)]
    with lent(engine, someone) as connection:
        activate(connection, families, BASE)
        found = []
        for day in range(BASE, BASE + 8):
            advance(connection, families, day)
            found.append("late.s0" in stages_on(connection, day)[1])
    with lent(engine, someone) as connection:
        activate(connection, families, BASE + 8)
        advance(connection, families, BASE + 8)
        replayed = ["late.s0" in stages_on(connection, day)[1] for day in range(BASE - 31 + 1, BASE + 8)]

    assert found == [True] * 5 + [False] * 3
    assert replayed == [True] * 5 + [False] * 25 + found
