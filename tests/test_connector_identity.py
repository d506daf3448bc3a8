"""Identity: whose a record is, whatever the order in which it is found out, and how a wrong join is taken back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from connector.catalogue import catalogue
from connector.errors import SettingsError
from connector.history.counts import people_on
from connector.history.memberships import activate, advance
from connector.identity import EVERYWHERE, Key, Keys, Resolver, merge, normal_email, normal_phone, undo_merge
from connector.models import Checkout, Consent, Customer, Identity, Membership, Merge, Metric, Order, Refund, Segment
from connector.tables import table
from tests.conftest import Fresh
from tests.pull_world import checkout, customer, number, order, owner, person, put, refund, store

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Said = tuple[int, Keys]
"""A record: the store that says it, and the keys it has."""

said = st.tuples(
    st.integers(1, 2),
    st.builds(
        Keys,
        st.integers(0, 50),
        st.none() | st.sampled_from("abcd"),
        st.none() | st.sampled_from(("p@x.fr", "q@x.fr", "r@x.fr", "s@x.fr")),
        st.none() | st.sampled_from(("+33611111121", "+33611111122", "+33611111123")),
    ),
)


def naive_partition(records: Sequence[Said]) -> set[frozenset[Key]]:
    """The groups of keys that some record has together, each record uniting all groups that it touches."""
    groups: list[set[Key]] = []
    for store_id, keys in records:
        mine = set(keys.of(store_id))
        touching = [group for group in groups if group & mine]
        groups = [group for group in groups if not group & mine] + [mine.union(*touching)]
    return {frozenset(group) for group in groups if group}


def resolve(connection: Connection, records: Sequence[Said], page: int) -> list[int | None]:
    """The owners as each page left them, brought up to the end."""
    owners = []
    for start in range(0, len(records), page):
        part = records[start : start + page]
        for store_id in sorted({store_id for store_id, _ in part}):
            keys = [keys for who, keys in part if who == store_id]
            owners += Resolver(connection, store_id, 0).resolve(keys)
    return [found.customer_id for found in owners]


def partition(connection: Connection) -> set[frozenset[Key]]:
    """The keys of each person."""
    groups: dict[int, set[Key]] = {}
    for row in connection.execute(select(table(Identity))):
        groups.setdefault(row.customer_id, set()).add((row.kind, row.scope, row.value))
    return {frozenset(group) for group in groups.values()}


@QUICK
@given(st.lists(said, max_size=12), st.integers(1, 5))
def test_people_are_the_connected_keys_whatever_the_order_of_pages_and_stores(
    fresh: Fresh, records: list[Said], page: int
) -> None:
    with fresh().connect() as connection:
        resolve(connection, records, page)
        assert partition(connection) == naive_partition(records)
        people = connection.execute(select(table(Customer))).all()
        assert len([row for row in people if row.merged_into is None]) == len(naive_partition(records))
        assert all(row.next_review_on is not None for row in people)  # of the absorbed too: their stages must go


@QUICK
@given(st.lists(said, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_records_decides_nothing_of_who_is_who(
    engine: Engine, records: list[Said], chance: random.Random
) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    found = []
    for one in (records, shuffled):
        with engine.connect() as connection:
            resolve(connection, one, 3)
            found.append(partition(connection))
    assert found[0] == found[1]


def test_keys_that_a_chain_of_records_connects_are_one_person_in_every_order(engine: Engine) -> None:
    chain = [
        Keys(5, account="a", email="p@x.fr"),
        Keys(3, email="q@x.fr", phone="+33611111121"),
        Keys(4, email="r@x.fr", phone="+33611111122"),
        Keys(1, email="p@x.fr", phone="+33611111122"),
        Keys(2, email="r@x.fr", phone="+33611111121"),
    ]
    for turn in permutations(chain):
        with engine.connect() as connection:
            owners = Resolver(connection, 1, 0).resolve(turn)
            assert len({owner.customer_id for owner in owners}) == 1


def test_a_guest_who_opens_an_account_later_keeps_their_orders(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, order(1, 3, customer_id=None, email="Zoe@Example.com "))
    put(engine, shop, customer(7, 60, email="zoe@example.com"), order(2, 61))
    assert owner(engine, "1") == owner(engine, "2") == person(engine, "7")
    with engine.connect() as connection:
        assert connection.scalars(select(table(Customer).c.since_day)).all() == [number(3)]


def test_an_account_of_two_shops_is_one_person_by_its_address(fresh: Fresh) -> None:
    engine = fresh()
    one, two = store(engine), store(engine, "outlet")
    put(engine, one, customer(7, email="zoe@example.com"), order(1))
    put(engine, two, customer(7, email="zoe@example.com"), order(1))
    orders = table(Order)
    with engine.connect() as connection:
        assert len(set(connection.scalars(select(orders.c.customer_id)))) == 1


def test_a_billing_address_beside_an_account_is_no_key_where_the_platform_names_the_account(engine: Engine) -> None:
    put(engine, store(engine), order(1, customer_id="7", email="cadeau@example.com"))
    put(engine, store(engine), order(2, customer_id=None, email="cadeau@example.com"))
    assert owner(engine, "1") != owner(engine, "2")


NOBODYS = [
    "guest@boutique.fr", "NoReply@shop.com", "no.reply@shop.com", "no_reply@shop.com", "ne-pas-repondre@x.fr",
    "anonyme@pos.fr", "x@localhost", "x@noemail.com", "12@invalid", "none@none.com", "sans-email@x.fr", "inconnu@x.fr",
    "", "  ", "zoe", "zoe@", "@x.fr", "zoe@x", "a b@x.fr", "zoe@x.fr, max@x.fr", "<zoe@x.fr>", "z" * 250 + "@x.fr",
    "partage@shop.fr",
]  # fmt: skip


@pytest.mark.parametrize("address", NOBODYS)
def test_a_placeholder_or_no_address_at_all_makes_no_identity(address: str) -> None:
    assert normal_email(address, shared={"partage@shop.fr"}) is None


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        (" Zoe.Dupont+shop@Example.COM ", "zoe.dupont+shop@example.com"),
        ("zo\u0065\u0301@example.com", "zo\u00e9@example.com"),
        ("zoe@Bücher.example", "zoe@xn--bcher-kva.example"),
        ("zoe@xn--bcher-kva.example", "zoe@xn--bcher-kva.example"),
        ("guests.of.honour@example.com", "guests.of.honour@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ],
)
def test_an_address_is_written_in_one_way(address: str, normal: str) -> None:
    assert normal_email(address) == normal


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_normal_address_stays_as_it_is_and_no_text_breaks_it(name: str, domain: str) -> None:
    normal = normal_email(f"{name}@{domain}.fr")
    assert normal is None or normal_email(normal) == normal


@pytest.mark.parametrize(
    ("text", "country", "normal"),
    [
        ("+33612345689", None, "+33612345689"),
        ("06 12 34 56 89", "FR", "+33612345689"),
        ("06.12.34.56.89", "fr", "+33612345689"),
        ("0033 6 12 34 56 89", "FR", "+33612345689"),
        ("+33 (0)6 12 34 56 89", None, "+33612345689"),
        ("+330612345689", None, "+33612345689"),
        ("+1 202 555 0143", None, "+12025550143"),
        ("+12025550143", None, "+12025550143"),
        ("06 12 34 56 89", None, None),
        ("06 12 34 56 89", "ZZ", None),
        ("0600000000", "FR", None),
        ("0000000000", "FR", None),
        ("+33600000000", None, None),
        ("1111111111", "US", None),
        ("0123456789", "FR", None),
        ("12", "FR", None),
        ("+", None, None),
        ("appelez le soir", "FR", None),
        ("", "FR", None),
    ],
)
def test_a_number_is_written_in_one_way_and_a_dummy_is_none(text: str, country: str | None, normal: str | None) -> None:
    assert normal_phone(text, country) == normal


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.none() | st.text(max_size=3))
def test_no_text_breaks_the_reading_of_numbers(text: str, country: str | None) -> None:
    normal = normal_phone(text, country)
    assert normal is None or normal_phone(normal) == normal


def belongings(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Whose everything is, and since when people exist."""
    people = table(Customer)
    found: dict[str, list[tuple[object, ...]]] = {
        "people": [
            tuple(row) for row in connection.execute(select(people.c.id, people.c.since_day, people.c.merged_into))
        ]
    }
    for model, name in (*((model, "platform_id") for model in (Order, Refund, Checkout)), (Identity, "value")):
        rows = table(model)
        found[model.__name__] = [tuple(row) for row in connection.execute(select(rows.c[name], rows.c.customer_id))]
    consents = table(Consent)
    found["Consent"] = [
        tuple(row) for row in connection.execute(select(consents.c.identity_id, consents.c.customer_id))
    ]
    return {what: sorted(rows, key=repr) for what, rows in found.items()}


def three_people(engine: Engine) -> list[int]:
    """Three people with orders, refunds, consents and checkouts of their own, the second being the oldest."""
    shop = store(engine)
    for name, day in (("1", 20), ("2", 5), ("3", 12)):
        put(engine, shop, customer(name, day, phone=f"+3361234568{name}"))
        put(
            engine,
            shop,
            order(f"10{name}", day + 3, customer_id=name, refunds=(refund(f"r{name}", 100, day + 9),)),
            order(f"20{name}", day + 1, customer_id=None, email=f"client{name}@example.com"),
            checkout(f"30{name}", day + 30, customer_id=name),
        )
    return [person(engine, name) for name in "123"]


@QUICK
@given(st.permutations(range(3)), st.booleans())
def test_merges_taken_back_in_any_order_leave_everything_as_it_was(
    fresh: Fresh, order_of_undoing: list[int], chained: bool
) -> None:
    engine = fresh()
    shop = store(engine)
    one, two, three = three_people(engine)
    put(engine, shop, checkout("304", 2, email="quatre@example.com"))
    four = person(engine, "quatre@example.com")
    with engine.connect() as connection:
        before = belongings(connection)
        pairs = [(one, two), (one, three), (one, four)]
        if chained:
            pairs = [(three, four), (two, three), (one, two)]
        for kept, absorbed in pairs:
            link = connection.execute(
                select(table(Identity).c.id).where(table(Identity).c.customer_id == absorbed).limit(1)
            ).scalar_one()
            merge(connection, kept, absorbed, identity_id=link, now=1)
        merged = belongings(connection)
        assert {row[1] for what in ("Order", "Refund", "Checkout", "Consent") for row in merged[what]} == {one}
        assert (one, number(2), None) in merged["people"]
        numbers = connection.scalars(select(table(Merge).c.id).order_by(table(Merge).c.id)).all()
        for which in order_of_undoing:
            undo_merge(connection, numbers[which], now=2)
        assert belongings(connection) == before


def linked(connection: Connection, *records: Keys) -> list[int | None]:
    return [found.customer_id for found in Resolver(connection, 1, 9).resolve(records)]


def test_the_separated_are_never_joined_again_not_even_through_somebody_else(fresh: Fresh) -> None:
    with fresh().connect() as connection:
        old, left = Keys(0, email="old@x.fr"), Keys(1, email="left@x.fr")
        right = Keys(2, email="right@x.fr")
        linked(connection, old, left, right)
        linked(connection, Keys(3, account="both", email="left@x.fr"), Keys(3, account="both", email="right@x.fr"))
        joined = connection.execute(select(table(Merge))).one()
        undo_merge(connection, joined.id, now=10)
        again = linked(
            connection, Keys(3, account="both", email="left@x.fr"), Keys(3, account="both", email="right@x.fr")
        )
        assert len(set(linked(connection, left, right))) == 2
        assert len(set(again)) == 1  # the account is the left one's, and stays it
        chain = [Keys(4, email="old@x.fr", phone="+33611111121"), Keys(4, email="left@x.fr", phone="+33611111121")]
        assert len(set(linked(connection, *chain))) == 1
        linked(connection, Keys(5, email="right@x.fr", phone="+33611111121"))
        oldest, first, second = linked(connection, old, left, right)
        assert oldest == first != second


def test_what_came_in_after_a_merge_goes_to_whose_key_it_carries(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    one, two, _ = three_people(engine)
    link = customer(9, 40, email="client1@example.com", phone="+33612345682")
    put(engine, shop, link)
    assert person(engine, "1") == person(engine, "2") == one
    put(engine, shop, order("402", 50, customer_id="2"), order("401", 50, customer_id="1"))
    with engine.begin() as connection:
        undo_merge(connection, connection.execute(select(table(Merge).c.id)).scalar_one(), now=2)
    assert (owner(engine, "401"), owner(engine, "402")) == (one, two)
    put(engine, shop, order("403", 51, customer_id="2"))
    assert owner(engine, "403") == two


def test_after_a_merge_the_recompute_takes_the_absorbed_one_out_of_stages_and_counts(engine: Engine) -> None:
    one, two, _ = three_people(engine)
    people, memberships = table(Customer), table(Membership)
    families, today = catalogue(), number(60)
    with engine.begin() as connection:
        activate(connection, families, today)
        advance(connection, families, today)
        merge(connection, one, two, identity_id=1, now=1)
        due = connection.execute(select(people.c.since_day, people.c.next_review_on).where(people.c.id == one)).one()
        assert due == (number(5), number(5))
        advance(connection, families, today)
        assert set(connection.scalars(select(memberships.c.customer_id)).all()) & {one, two} == {one}
        assert two not in connection.scalars(select(table(Metric).c.customer_id)).all()
        assert connection.scalar(select(people.c.next_review_on).where(people.c.id == two)) is None
        for segment in connection.scalars(select(table(Segment).c.id)).all():
            inside = select(func.count()).where(memberships.c.segment_id == segment, memberships.c.left_on.is_(None))
            assert people_on(connection, [segment], today).get(segment, 0) == connection.scalar(inside)


def test_a_merge_is_taken_back_once(engine: Engine) -> None:
    one, two, _ = three_people(engine)
    with engine.begin() as connection:
        merge(connection, one, two, identity_id=1, now=1)
        undo_merge(connection, 1, now=2)
        with pytest.raises(SettingsError, match="No merge 1 holds"):
            undo_merge(connection, 1, now=3)
        with pytest.raises(SettingsError, match="No merge 77 holds"):
            undo_merge(connection, 77, now=3)


def test_an_account_of_one_shop_means_nothing_in_another() -> None:
    assert Keys(0, "7", "a@x.fr").of(1) == [("account", 1, "7"), ("email", EVERYWHERE, "a@x.fr")]
    assert Keys(0, "7").of(2) == [("account", 2, "7")]
