"""The exports that are recognised by their header, read from small files in their real form."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.records import ConsentRecord, ConsentState, CustomerRecord, LineRecord, OrderRecord, OrderStatus
from connector.source import Source
from connectors.csvfile import CsvSource

DATA = Path(__file__).parent / "data" / "csv"
WOOCOMMERCE = [
    ("skyverge_orders.csv", "skyverge-orders"),
    ("skyverge_items.csv", "skyverge-items"),
    ("skyverge_import.csv", "skyverge-import"),
    ("webtoffee_orders.csv", "webtoffee-orders"),
    ("webtoffee_items.csv", "webtoffee-items"),
]


def read(path: Path) -> CsvSource:
    return CsvSource(path, currency="EUR", timezone="Europe/Paris")


def orders(source: CsvSource) -> dict[str, OrderRecord]:
    pages = list(source.orders())
    assert [rejected.reason for page in pages for rejected in page.rejected] == []
    return {order.id: order for page in pages for order in page.records}


def customers(source: CsvSource) -> dict[str, CustomerRecord]:
    return {customer.id: customer for page in source.customers() for customer in page.records}


def changed(tmp_path: Path, name: str, *changes: tuple[str, str]) -> Path:
    text = (DATA / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / name
    path.write_text(text)
    return path


def test_shopifys_orders_are_recognised_and_meet_a_pull_by_their_number() -> None:
    source = read(DATA / "shopify_orders.csv")
    assert source.form == "shopify-orders"
    assert list(orders(source)) == ["7410991464714", "7410991464715", "7410991464716"]
    assert list(source.customers()) == []


def test_a_shopify_order_of_several_rows_is_one_order_with_the_totals_of_its_first() -> None:
    order = orders(read(DATA / "shopify_orders.csv"))["7410991464714"]
    assert (order.total, order.tax, order.shipping, order.discount) == (5391, 817, 490, 1059)
    assert order.placed_at == datetime(2026, 1, 15, 8, 50, 26, tzinfo=UTC)
    assert order.lines == (
        LineRecord(None, 2, 4600, 'Bol "Océan"', "BOL-1"),
        LineRecord(None, 1, 301, "Carte", None),
    )
    assert (order.name, order.email, order.customer_id) == ("#1001", "Zoe@Example.com", None)
    assert (order.country, order.city, order.postcode) == ("FR", "Paris", "75008")
    assert order.coupons == ("WELCOME10",)
    assert [(refund.amount, refund.at) for refund in order.refunds] == [(1000, None)]
    assert (order.status, order.platform_status) == (OrderStatus.PAID, "partially_refunded")


def test_shopifys_refunded_and_cancelled_orders_mean_what_they_mean_in_a_pull() -> None:
    found = orders(read(DATA / "shopify_orders.csv"))
    refunded, voided = found["7410991464716"], found["7410991464715"]
    assert (refunded.status, refunded.refunds[0].amount, refunded.refunds[0].at) == (OrderStatus.REFUNDED, 2000, None)
    assert (voided.status, voided.cancelled_at) == (OrderStatus.PENDING, datetime(2026, 2, 2, 8, tzinfo=UTC))
    assert (voided.email, voided.phone, voided.channel) == (None, "+33612345678", "pos")


def test_two_shopify_orders_with_one_name_stay_two(tmp_path: Path) -> None:
    found = orders(read(changed(tmp_path, "shopify_orders.csv", ("#1002", "#1001"), ("#1003", "#1001"))))
    assert {id_: (order.total, len(order.lines)) for id_, order in found.items()} == {
        "7410991464714": (5391, 2),
        "7410991464715": (0, 1),
        "7410991464716": (2000, 1),
    }


def test_a_shopify_number_that_a_spreadsheet_has_shortened_is_rejected(tmp_path: Path) -> None:
    path = changed(tmp_path, "shopify_orders.csv", ("7410991464715", "7.41099E+12"))
    (page,) = read(path).orders()
    assert len(page.records) == 2
    assert "7.41099E+12" in page.rejected[0].reason
    assert "Export the file again" in page.rejected[0].reason


def test_shopifys_customers_bring_prospects_consents_and_tags() -> None:
    source = read(DATA / "shopify_customers.csv")
    found = customers(source)
    assert (source.form, source.check().customers) == ("shopify-customers", 3)
    assert list(source.orders()) == []
    assert found["6501"] == CustomerRecord(
        "6501",
        email="Zoe@Example.com",
        phone="+33612345678",
        country="FR",
        city="Paris",
        postcode="75008",
        tags=("VIP", "salon 2025"),
        consents=(
            ConsentRecord("email", ConsentState.SUBSCRIBED),
            ConsentRecord("sms", ConsentState.NOT_SUBSCRIBED),
        ),
    )
    assert found["6502"].consents == (ConsentRecord("email", ConsentState.NOT_SUBSCRIBED),)
    assert found["6503"].consents == (ConsentRecord("sms", ConsentState.SUBSCRIBED),)


def test_customers_of_an_old_export_are_told_apart_by_their_address(tmp_path: Path) -> None:
    path = changed(tmp_path, "shopify_customers.csv", ("Customer ID,", "Ignored,"), ("Accepts Email", "Accepts"))
    (page,) = read(path).customers()
    assert [customer.id for customer in page.records] == [
        "email:zoe@example.com",
        "email:ines@example.com",
        "phone:+33698765432",
    ]
    assert page.records[0].consents[0] == ConsentRecord("email", ConsentState.SUBSCRIBED)
    assert "no column Customer ID" in page.warnings[0]


@pytest.mark.parametrize(("name", "form"), WOOCOMMERCE)
def test_each_exporter_of_woocommerce_tells_the_same_orders(name: str, form: str) -> None:
    source = read(DATA / name)
    found = orders(source)
    account, guest = found["501"], found["502"]
    assert source.form == form
    assert (account.placed_at, account.total) == (datetime(2026, 1, 15, 22, 30, tzinfo=UTC), 5490)
    assert (account.customer_id, account.status, account.name) == ("12", OrderStatus.PAID, "#501")
    assert (account.tax, account.shipping, account.discount) == (832, 490, 500)
    assert account.coupons == ("bienvenue",)
    lines = [(line.product_id, line.quantity, line.total, line.title, line.sku) for line in account.lines]
    assert lines == [("7", 2, 4320, "Bol: océan; grand", "BOL-1"), (None, 1, 582, "Disparu", None)]
    assert [refund.amount for refund in account.refunds] == [1000]
    assert (guest.customer_id, guest.email, guest.phone) == (None, "invitee@example.com", "+33612345678")
    assert (guest.status, guest.name) == (OrderStatus.ON_HOLD, "#A-7")


@pytest.mark.parametrize(
    ("name", "refund_id", "at"),
    [
        ("skyverge_orders.csv", "601", datetime(2026, 1, 20, 9, 11, 12, tzinfo=UTC)),
        ("skyverge_import.csv", "601", datetime(2026, 1, 20, 9, 11, 12, tzinfo=UTC)),
        ("webtoffee_orders.csv", "501-refund-1", datetime(2026, 1, 20, 9, 11, 12, tzinfo=UTC)),
        ("skyverge_items.csv", "501-refunded", None),
    ],
)
def test_a_refund_has_its_date_where_the_exporter_tells_it(name: str, refund_id: str, at: datetime | None) -> None:
    (refund,) = orders(read(DATA / name))["501"].refunds
    assert (refund.id, refund.at) == (refund_id, at)


def test_a_refunded_order_with_dated_refunds_keeps_the_status_that_it_had_before(tmp_path: Path) -> None:
    dated = orders(read(changed(tmp_path, "skyverge_orders.csv", ("completed", "refunded"))))["501"]
    undated = orders(read(changed(tmp_path, "skyverge_items.csv", ("completed", "wc-refunded"))))["501"]
    assert (dated.status, undated.status) == (OrderStatus.PAID, OrderStatus.REFUNDED)


def test_refunds_together_never_exceed_the_order_and_what_none_explains_is_undated(tmp_path: Path) -> None:
    twice = "amount:10.00|reason:a|date:2026-01-20 10:11:12;amount:50.00|reason:b|date:2026-01-21 10:11:12"
    name = "webtoffee_orders.csv"
    capped = orders(
        read(changed(tmp_path, name, ("amount:10.00|reason:cassé; remplacé|date:2026-01-20 10:11:12", twice)))
    )
    assert [refund.amount for refund in capped["501"].refunds] == [1000, 4490]
    part = orders(read(changed(tmp_path, "skyverge_orders.csv", ("54.90,10.00", "54.90,25.00"))))
    assert [(refund.amount, refund.at is None) for refund in part["501"].refunds] == [(1000, False), (1500, True)]


def test_webtoffee_tells_the_visit_the_variation_and_the_accounts_own_address() -> None:
    order = orders(read(DATA / "webtoffee_orders.csv"))["501"]
    assert order.attribution is not None
    assert (order.attribution.source, order.attribution.device, order.attribution.pages) == ("google", "mobile", 4)
    assert order.lines[0].variant_id == "71"
    assert order.email == "compte@example.com"


def test_an_order_that_joined_files_hold_twice_is_read_once(tmp_path: Path) -> None:
    for name, _ in WOOCOMMERCE[:4]:
        head, body = (DATA / name).read_text().split("\n", 1)
        (tmp_path / name).write_text(f"{head}\n{body}{body}")
        assert orders(read(tmp_path / name)) == orders(read(DATA / name))


def test_an_unknown_state_is_taken_as_paid_and_said(tmp_path: Path) -> None:
    (page,) = read(changed(tmp_path, "skyverge_orders.csv", ("completed", "chez-le-voisin"))).orders()
    assert page.records[0].status is OrderStatus.PAID
    assert "chez-le-voisin" in page.warnings[-1]


def test_a_file_is_a_source_like_any_other() -> None:
    source: Source = read(DATA / "shopify_orders.csv")
    found = source.check()
    assert (found.currency, found.timezone, found.name) == ("EUR", "Europe/Paris", "shopify_orders.csv")
    order = source.order("7410991464716")
    assert order is not None
    assert order.total == 2000
    assert source.order("1") is None
    assert list(source.checkouts(None)) == []
    assert source.products(["7"]) == ()


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="is not a time zone"):
        CsvSource(DATA / "shopify_orders.csv", currency="EUR", timezone="Paris")
