"""MailchimpDestination against the fake, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.destination import Destination, Outcome, RemoteChange, Result
from connector.errors import AuthenticationError, PermanentError, RetryableError, SettingsError
from connector.records import ConsentState
from connectors import destination as registered
from connectors.mailchimp import MailchimpDestination
from sync.demo.mailchimp import FakeContact, FakeMailchimp
from sync.demo.server import Answer, FakeServer, Fault, Request
from sync.demo.shop import Shop
from tests.contract import NOW, Clock, FieldContract, TagContract

KEY = "0123456789abcdef-us21"
LOYAL, NEW = "Cycle : Fidèle", "Cycle : Nouveau"
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeMailchimp]:
    with FakeMailchimp(api_key=KEY, now=clock) as server:
        yield server
    assert server.violations == []
    assert server.batches.keys_seen == 0


def connect(fake: FakeMailchimp, clock: Clock, **options: str) -> MailchimpDestination:
    return MailchimpDestination(
        **{"api_key": KEY, "audience": fake.audience, **options}, endpoint=fake.url, sleep=clock.sleep
    )


@pytest.fixture
def destination(fake: FakeMailchimp, clock: Clock) -> MailchimpDestination:
    return connect(fake, clock)


def apply(destination: MailchimpDestination, *changes: RemoteChange, silent: bool = False) -> dict[str, Outcome]:
    outcomes = list(destination.apply(changes, silent=silent))
    assert sorted(outcome.address for outcome in outcomes) == sorted(change.address for change in changes)
    return {outcome.address: outcome for outcome in outcomes}


def tagged(address: str, *tags: str, **more: Any) -> RemoteChange:  # noqa: ANN401 - the rest of a change
    return RemoteChange(address, add=frozenset(tags), **more)


def paths(fake: FakeMailchimp) -> list[str]:
    return [f"{entry.request.method} {entry.request.path.removeprefix('/3.0')}" for entry in fake.ledger]


class MailchimpCase:
    unknown = "inconnue@example.com"

    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeMailchimp]:
        with FakeMailchimp(now=clock) as server:
            for number, customer in enumerate(shop.customers.values()):
                server.add(customer.email or "", STATUSES[number % 5])
            yield server
        assert server.violations == []

    @pytest.fixture
    def destination(self, fake: FakeMailchimp, clock: Clock) -> MailchimpDestination:
        return connect(fake, clock)

    def known(self, shop: Shop) -> list[str]:
        return [customer.email or "" for customer in shop.customers.values()]

    def consents(self, fake: FakeServer, shop: Shop) -> object:
        return {email: contact.status for email, contact in members(fake).items()}

    def tags(self, fake: FakeServer, shop: Shop, address: str) -> set[str]:
        return members(fake)[address].tags

    def fields(self, fake: FakeServer, shop: Shop, address: str) -> dict[str, str]:
        return members(fake)[address].merge_fields


def members(fake: FakeServer) -> dict[str, FakeContact]:
    assert isinstance(fake, FakeMailchimp)
    return fake.members


class TestMailchimpTags(MailchimpCase, TagContract):
    pass


class TestMailchimpFields(MailchimpCase, FieldContract):
    ours_field = "LIFECYCLE"


def test_the_registry_builds_it() -> None:
    found: Destination = registered("mailchimp", api_key=KEY, audience="a1b2c3d4e5")
    assert isinstance(found, MailchimpDestination)
    assert found.account.base == "https://us21.api.mailchimp.com/3.0"
    assert (found.reach, found.kinds, found.creates) == ("email", ("tag", "field"), False)


def test_it_creates_only_where_all_contacts_are_asked_for() -> None:
    assert MailchimpDestination(api_key=KEY, audience="a", contacts="all").creates is True


@pytest.mark.parametrize("key", ["", "0123456789abcdef", "0123-evil.example/", "0123-us21\n"])
def test_a_key_without_a_data_centre_is_refused_before_anything_is_sent(key: str) -> None:
    with pytest.raises(SettingsError, match="data centre"):
        MailchimpDestination(api_key=key, audience="a")


def test_an_endpoint_elsewhere_is_refused() -> None:
    with pytest.raises(SettingsError, match="not on this machine"):
        MailchimpDestination(api_key=KEY, audience="a", endpoint="https://example.com")


def test_another_word_for_contacts_is_refused() -> None:
    with pytest.raises(SettingsError, match="everyone"):
        MailchimpDestination(api_key=KEY, audience="a", contacts="everyone")


def test_the_check_names_the_audience(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    found = destination.check()
    assert (found.remote_id, found.name, found.problems) == (fake.audience, "Boutique", ())
    assert fake.writes == []


def test_a_wrong_key_is_told(fake: FakeMailchimp, clock: Clock) -> None:
    with pytest.raises(AuthenticationError, match="API key may be invalid"):
        connect(fake, clock, api_key="another-us21").check()


def test_an_unknown_audience_is_fatal_and_the_right_ones_are_named(fake: FakeMailchimp, clock: Clock) -> None:
    (problem,) = connect(fake, clock, audience="nope").check().problems
    assert problem.fatal
    assert problem.remedy == f"Use one of: {fake.audience} (Boutique)."


def test_required_fields_are_told_where_contacts_are_created(fake: FakeMailchimp, clock: Clock) -> None:
    fake.require_field("BIRTHDAY")
    assert connect(fake, clock).check().problems == ()
    (problem,) = connect(fake, clock, contacts="all").check().problems
    assert "BIRTHDAY" in problem.message
    assert not problem.fatal


@pytest.mark.parametrize(
    ("status", "consent"),
    [
        ("subscribed", ConsentState.SUBSCRIBED),
        ("pending", ConsentState.PENDING),
        ("unsubscribed", ConsentState.UNSUBSCRIBED),
        ("cleaned", ConsentState.INVALID),
        ("transactional", ConsentState.NOT_SUBSCRIBED),
        ("archived", ConsentState.NOT_SUBSCRIBED),
    ],
)
@pytest.mark.parametrize("strangers", [0, 30])
def test_each_status_is_read_as_its_consent(
    destination: MailchimpDestination, fake: FakeMailchimp, status: str, consent: ConsentState, strangers: int
) -> None:
    fake.add("Zoé@example.com", status, "VIP").merge_fields["FNAME"] = "Zoé"
    asked = ["zoé@Example.com", *(f"x{number}@example.com" for number in range(strangers))]
    states = {state.address: state for state in destination.read(asked)}
    found = states.pop("zoé@Example.com")
    assert (found.exists, found.consent) == (True, consent)
    assert found.tags == {"VIP"}
    assert found.fields == {"FNAME": "Zoé"}
    assert len(states) == strangers
    assert not any(state.exists for state in states.values())


def test_few_addresses_are_asked_one_by_one(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    for number in range(50):
        fake.add(f"c{number}@example.com")
    assert len(list(destination.read(["c1@example.com", "c2@example.com"]))) == 2
    assert len(fake.ledger) == 2


def test_many_addresses_cost_a_request_a_thousand_contacts(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    for number in range(2500):
        fake.add(f"c{number}@example.com", STATUSES[number % 6])
    asked = [f"c{number}@example.com" for number in range(0, 2500, 2)]
    assert all(state.exists for state in destination.read(asked))
    assert len(fake.ledger) == 4  # 3 pages, and 1 of archived contacts
    assert fake.writes == []


def test_some_addresses_of_a_large_audience_are_looked_up_in_a_batch(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    for number in range(6000):
        fake.add(f"c{number}@example.com")
    asked = [f"c{number}@example.com" for number in range(5980, 6020)]
    states = {state.address: state.exists for state in destination.read(asked)}
    assert sum(states.values()) == 20
    assert len(states) == 40
    assert len(fake.ledger) == 2 + 4  # two first pages; batch asked, polled twice, fetched
    assert fake.writes == []


def test_a_batch_that_cannot_show_a_contact_is_an_error(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    fake.batches.operate = lambda operation: {
        "status_code": 500,
        "operation_id": operation["operation_id"],
        "response": "{}",
    }
    for number in range(6000):
        fake.add(f"c{number}@example.com")
    with pytest.raises(RetryableError, match="could not show"):
        list(destination.read([f"c{number}@example.com" for number in range(40)]))


def test_tags_cost_a_request_for_five_hundred_people(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    people = [f"c{number}@example.com" for number in range(1400)]
    for person in people:
        fake.add(person, "subscribed", LOYAL, "VIP")
    changes = [RemoteChange(person, frozenset({NEW}), frozenset({LOYAL})) for person in people]
    assert {outcome.result for outcome in apply(destination, *changes).values()} == {Result.ACCEPTED}
    assert all(contact.tags == {NEW, "VIP"} for contact in fake.members.values())
    assert len(fake.ledger) == 1 + 1 + 2 * 3  # segments listed, one made, and 3 requests for each of the two tags
    assert fake.automations == [(person, NEW) for person in people]


def test_a_silent_push_sets_no_automation_off(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    people = [f"c{number}@example.com" for number in range(1400)]
    for person in people:
        fake.add(person, "subscribed", LOYAL, "VIP")
    changes = [RemoteChange(person, frozenset({NEW}), frozenset({LOYAL})) for person in people]
    assert {outcome.result for outcome in apply(destination, *changes, silent=True).values()} == {Result.ACCEPTED}
    assert all(contact.tags == {NEW, "VIP"} for contact in fake.members.values())
    assert fake.automations == []
    assert len(fake.ledger) == 1 + 2 * 4  # segments listed; twice a batch asked, polled twice, fetched
    assert len(fake.writes) == 2


def test_a_silent_push_to_a_few_people_needs_no_batch(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    fake.add("a@example.com")
    assert apply(destination, tagged("a@example.com", LOYAL), silent=True)["a@example.com"].result is Result.ACCEPTED
    assert fake.automations == []
    assert len(fake.ledger) == 2


@pytest.mark.parametrize("silent", [True, False])
def test_a_tag_keeps_the_merchants_spelling(
    destination: MailchimpDestination, fake: FakeMailchimp, silent: bool
) -> None:
    fake.add("a@example.com", "subscribed", "cycle : FIDÈLE")
    fake.add("b@example.com")
    assert apply(destination, tagged("b@example.com", LOYAL), silent=silent)["b@example.com"].reason == ""
    assert fake.members["b@example.com"].tags == {"cycle : FIDÈLE"}
    assert list(fake.segments.values()) == ["cycle : FIDÈLE"]
    removal = RemoteChange("b@example.com", remove=frozenset({LOYAL}))
    assert apply(destination, removal, silent=silent)["b@example.com"].result is Result.ACCEPTED
    assert fake.members["b@example.com"].tags == set()


@pytest.mark.parametrize("silent", [True, False])
def test_a_tag_that_nobody_has_is_not_created_to_be_removed(
    destination: MailchimpDestination, fake: FakeMailchimp, silent: bool
) -> None:
    fake.add("a@example.com")
    removal = RemoteChange("a@example.com", remove=frozenset({LOYAL}))
    assert apply(destination, removal, silent=silent)["a@example.com"].result is Result.ACCEPTED
    assert fake.segments == {}
    assert fake.writes == []


def test_an_address_that_mailchimp_refuses_blocks_nobody(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    for number in range(20):
        fake.add(f"c{number}@example.com")
    fake.add("tenue@example.com", "unsubscribed", compliance=True)
    changes = [tagged(address, LOYAL) for address in [*fake.members, "pas une adresse", "absente@example.com"]]
    outcomes = apply(destination, *changes)
    assert outcomes.pop("pas une adresse") == Outcome(
        "pas une adresse", Result.REFUSED, "The audience has no such contact."
    )
    assert outcomes.pop("absente@example.com").reason == "The audience has no such contact."
    assert "compliance" in outcomes.pop("tenue@example.com").reason
    assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}


def test_one_refused_tag_makes_the_outcome_whatever_becomes_of_the_others(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    fake.add("tenue@example.com", "unsubscribed", NEW, compliance=True)
    change = RemoteChange("tenue@example.com", frozenset({LOYAL}), frozenset({NEW}))
    outcome = apply(destination, change)["tenue@example.com"]
    assert outcome.result is Result.REFUSED
    assert fake.members["tenue@example.com"].tags == set()


def test_an_archived_contact_is_left_alone(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    fake.add("a@example.com", "archived", "VIP")
    assert [state.exists for state in destination.read(["A@example.com"])] == [True]
    sent = len(fake.ledger)
    change = RemoteChange("a@example.com", frozenset({LOYAL}), fields={"LIFECYCLE": "x"})
    outcome = apply(destination, change)["a@example.com"]
    assert (outcome.result, outcome.reason) == (Result.REFUSED, "The contact is archived in Mailchimp.")
    assert len(fake.ledger) == sent


def test_an_archived_contact_that_was_not_read_gets_no_tag_by_segment(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    fake.add("a@example.com", "archived")
    outcome = apply(destination, tagged("a@example.com", LOYAL))["a@example.com"]
    assert (outcome.result, outcome.reason) == (Result.REFUSED, "The contact is archived in Mailchimp.")


def test_a_tag_that_mailchimp_does_not_confirm_is_tried_again(fake: FakeMailchimp, clock: Clock) -> None:
    fake.add("a@example.com")

    def silence(_number: int, request: Request) -> Answer | None:
        confirmed: dict[str, list[str]] = {"members_added": [], "members_removed": [], "errors": []}
        return Answer.of(confirmed) if "members_to_add" in request.body.decode() else None

    fake.fault = silence
    outcome = apply(connect(fake, clock), tagged("a@example.com", LOYAL))["a@example.com"]
    assert (outcome.result, outcome.reason) == (Result.RETRY, "Mailchimp did not confirm the tag.")


@pytest.mark.parametrize("people", [2, 40])
def test_fields_are_written_and_taken_back_without_a_status(
    destination: MailchimpDestination, fake: FakeMailchimp, people: int
) -> None:
    fake.require_field("BIRTHDAY")  # the contacts have none: a plain PATCH would be refused
    for number in range(people):
        fake.add(f"c{number}@example.com", STATUSES[number % 5]).merge_fields["FNAME"] = "Zoé"
    statuses = {email: contact.status for email, contact in fake.members.items()}
    written = [RemoteChange(email, fields={"LIFECYCLE": "Fidèle"}) for email in fake.members]
    assert {outcome.result for outcome in apply(destination, *written).values()} == {Result.ACCEPTED}
    assert all(c.merge_fields == {"FNAME": "Zoé", "LIFECYCLE": "Fidèle"} for c in fake.members.values())
    removed = [RemoteChange(email, fields={"LIFECYCLE": None}) for email in fake.members]
    assert {outcome.result for outcome in apply(destination, *removed).values()} == {Result.ACCEPTED}
    assert all(c.merge_fields == {"FNAME": "Zoé", "LIFECYCLE": ""} for c in fake.members.values())
    assert all("LIFECYCLE" not in state.fields for state in destination.read(list(fake.members)))
    assert {email: contact.status for email, contact in fake.members.items()} == statuses
    created = [f for f in fake.merge_fields if f["tag"] == "LIFECYCLE"]
    assert [(f["type"], f["required"]) for f in created] == [("text", False)]


def test_a_refusal_names_the_fields_that_mailchimp_names(fake: FakeMailchimp, clock: Clock) -> None:
    fake.add("a@example.com")
    named = [{"field": "LIFECYCLE", "message": "Value must be one of the choices"}]

    def fault(_number: int, request: Request) -> Answer | None:
        body = {"title": "Invalid Resource", "detail": "Your merge fields were invalid.", "errors": named}
        return Answer.of(body, 400) if request.method == "PATCH" else None

    fake.fault = fault
    outcome = apply(connect(fake, clock), RemoteChange("a@example.com", fields={"LIFECYCLE": "x"}))["a@example.com"]
    assert outcome.result is Result.REFUSED
    assert outcome.reason == "Your merge fields were invalid. LIFECYCLE: Value must be one of the choices"


def test_a_field_that_the_audience_lacks_is_not_created_to_be_emptied(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    fake.add("a@example.com")
    assert apply(destination, RemoteChange("a@example.com", fields={"LIFECYCLE": None}))["a@example.com"].reason == ""
    assert [f["tag"] for f in fake.merge_fields] == ["FNAME", "LNAME"]


@pytest.mark.parametrize("name", ["lifecycle", "LIFECYCLES1", "CYCLE DE", "1ST", ""])
def test_a_field_name_that_mailchimp_cannot_have_is_a_setting_to_change(
    destination: MailchimpDestination, fake: FakeMailchimp, name: str
) -> None:
    fake.add("a@example.com")
    with pytest.raises(SettingsError, match="name of a field"):
        apply(destination, RemoteChange("a@example.com", fields={name: "x"}))
    assert fake.writes == []


def test_a_field_of_another_type_is_not_written_to(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    fake.require_field("AGE", kind="number", required=False)
    fake.add("a@example.com")
    with pytest.raises(SettingsError, match="holds number"):
        apply(destination, RemoteChange("a@example.com", fields={"AGE": "Fidèle"}))


def test_a_field_of_a_day_is_a_date_there_or_a_text_that_was_there_before(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    fake.require_field("OTHER_DAY", required=False)
    fake.add("a@example.com")
    fields = {"LIFECYCLE": "Fidèle", "LIFECY_DAY": "2026-06-30", "OTHER_DAY": "2026-06-29"}
    change = RemoteChange("a@example.com", fields=fields, days=frozenset({"LIFECY_DAY", "OTHER_DAY"}))
    assert apply(destination, change)["a@example.com"].reason == ""
    made = {field["tag"]: field["type"] for field in fake.merge_fields}
    assert (made["LIFECYCLE"], made["LIFECY_DAY"], made["OTHER_DAY"]) == ("text", "date", "text")
    assert [state.fields for state in destination.read(["a@example.com"])] == [fields]
    with pytest.raises(SettingsError, match="holds date"):
        apply(destination, RemoteChange("a@example.com", fields={"LIFECY_DAY": "Fidèle"}))


def test_no_more_fields_than_mailchimp_allows(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    for number in range(28):
        fake.require_field(f"F{number}", required=False)
    fake.add("a@example.com")
    with pytest.raises(PermanentError, match="takes no field LIFECYCLE: You have reached the maximum"):
        apply(destination, RemoteChange("a@example.com", fields={"LIFECYCLE": "x"}))


def test_an_unknown_address_becomes_a_contact_subscribed_to_nothing(fake: FakeMailchimp, clock: Clock) -> None:
    fake.require_field("BIRTHDAY")
    change = RemoteChange("New@example.com", frozenset({LOYAL}), fields={"LIFECYCLE": "Fidèle"}, create=True)
    outcomes = apply(connect(fake, clock, contacts="all"), change, silent=True)
    assert outcomes["New@example.com"].result is Result.ACCEPTED
    contact = fake.members["new@example.com"]
    assert (contact.status, contact.tags) == ("transactional", {LOYAL})
    assert contact.merge_fields == {"LIFECYCLE": "Fidèle"}
    assert fake.automations == []


def test_no_contact_is_created_where_existing_ones_are_asked_for(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    outcome = apply(destination, RemoteChange("new@example.com", create=True))["new@example.com"]
    assert outcome.result is Result.REFUSED
    assert fake.ledger == []


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("status", STATUSES)
def test_a_contact_that_appeared_since_the_plan_keeps_its_status(
    fake: FakeMailchimp, clock: Clock, status: str, silent: bool
) -> None:
    fake.add("a@example.com", status, "VIP")
    change = tagged("a@example.com", LOYAL, create=True)
    outcome = apply(connect(fake, clock, contacts="all"), change, silent=silent)["a@example.com"]
    archived = status == "archived"
    assert outcome.result is (Result.REFUSED if archived else Result.ACCEPTED)
    assert fake.members["a@example.com"].tags == ({"VIP"} if archived else {"VIP", LOYAL})
    assert fake.members["a@example.com"].status == status


def test_addresses_that_cannot_be_created_are_refused_one_by_one(fake: FakeMailchimp, clock: Clock) -> None:
    fake.forgotten.add("partie@example.com")
    good = [f"c{number}@example.com" for number in range(1100)]
    changes = [RemoteChange(a, create=True) for a in [*good, "partie@example.com", "x@faux.invalid", "sans arobase"]]
    outcomes = apply(connect(fake, clock, contacts="all"), *changes)
    assert "permanently deleted" in outcomes.pop("partie@example.com").reason
    assert "fake or invalid" in outcomes.pop("x@faux.invalid").reason
    assert outcomes.pop("sans arobase").reason == "Please provide a valid email address."
    assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}
    assert {contact.status for contact in fake.members.values()} == {"transactional"}
    assert len(fake.members) == 1100


@pytest.mark.parametrize("status", ["subscribed", "transactional"])
def test_a_contact_created_in_the_same_moment_by_others_is_tried_again(
    fake: FakeMailchimp, clock: Clock, status: str
) -> None:
    def race(_number: int, request: Request) -> Answer | None:
        if request.method == "POST" and request.path == f"/3.0/lists/{fake.audience}":
            fake.add("a@example.com", status)
        return None

    fake.fault = race
    change = RemoteChange("a@example.com", fields={"LIFECYCLE": "Fidèle"}, create=True)
    outcome = apply(connect(fake, clock, contacts="all"), change)["a@example.com"]
    assert outcome.result is Result.RETRY
    assert fake.members["a@example.com"].status == status
    assert fake.members["a@example.com"].merge_fields == {}


def test_contacts_are_created_five_hundred_at_a_time_with_their_fields(fake: FakeMailchimp, clock: Clock) -> None:
    changes = [
        RemoteChange(f"c{number}@example.com", fields={"LIFECYCLE": "Fidèle"}, create=True) for number in range(1100)
    ]
    outcomes = apply(connect(fake, clock, contacts="all"), *changes)
    assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}
    assert all(contact.merge_fields == {"LIFECYCLE": "Fidèle"} for contact in fake.members.values())
    assert paths(fake).count(f"POST /lists/{fake.audience}") == 3
    assert paths(fake).count("POST /batches") == 2  # the look-up before


def test_only_contacts_still_as_we_made_them_are_archived(
    destination: MailchimpDestination, fake: FakeMailchimp
) -> None:
    for status in STATUSES:
        fake.add(f"{status}@example.com", status, LOYAL)
    everyone = [*fake.members, "absent@example.com"]
    outcomes = apply(destination, *(RemoteChange(address, archive=True) for address in everyone))
    refused = {address for address, outcome in outcomes.items() if outcome.result is Result.REFUSED}
    assert refused == {f"{status}@example.com" for status in ("subscribed", "unsubscribed", "cleaned", "pending")}
    assert fake.members["transactional@example.com"].status == "archived"


def test_what_a_creation_wrote_is_taken_back_before_it_is_archived(fake: FakeMailchimp, clock: Clock) -> None:
    destination = connect(fake, clock, contacts="all")
    apply(destination, tagged("a@example.com", LOYAL, create=True, fields={"LIFECYCLE": "Fidèle"}))
    undo = RemoteChange("a@example.com", remove=frozenset({LOYAL}), fields={"LIFECYCLE": None}, archive=True)
    assert apply(destination, undo)["a@example.com"].result is Result.ACCEPTED
    contact = fake.members["a@example.com"]
    assert (contact.status, contact.tags, contact.merge_fields) == ("archived", set(), {"LIFECYCLE": ""})


def test_what_is_refused_goes_no_further(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    change = RemoteChange("absente@example.com", frozenset({LOYAL}), fields={"LIFECYCLE": "x"})
    assert apply(destination, change)["absente@example.com"].result is Result.REFUSED
    assert not any("segments" in path for path in paths(fake))


def test_operations_of_a_batch_end_each_for_itself(destination: MailchimpDestination, fake: FakeMailchimp) -> None:
    whole = fake.batches.operate
    verdicts = {"c1": (400, "held"), "c2": (500, "down"), "c3": (429, "slow")}

    def operate(operation: dict[str, Any]) -> dict[str, Any]:
        number = operation["operation_id"]
        status, detail = verdicts.get(f"c{number}", (0, ""))
        if not status:
            return whole(operation)
        return {"status_code": status, "operation_id": number, "response": f'{{"detail": "{detail}"}}'}

    fake.batches.operate = operate
    for number in range(20):
        fake.add(f"c{number}@example.com")
    outcomes = apply(destination, *(tagged(f"c{number}@example.com", LOYAL) for number in range(20)), silent=True)
    assert outcomes["c1@example.com"] == Outcome("c1@example.com", Result.REFUSED, "held")
    assert outcomes["c2@example.com"] == Outcome("c2@example.com", Result.RETRY, "down")
    assert outcomes["c3@example.com"].result is Result.RETRY
    assert sum(outcome.result is Result.ACCEPTED for outcome in outcomes.values()) == 17


def test_results_that_arrive_cut_short_are_fetched_again(fake: FakeMailchimp, clock: Clock) -> None:
    cut = {"left": 2}

    def fault(_number: int, request: Request) -> Answer | None:
        if not request.path.startswith("/results/") or not cut["left"]:
            return None
        cut["left"] -= 1
        whole = fake.batches.download(request)
        return Answer(200, whole.body, cut=20) if cut["left"] else Answer(200, whole.body[:60])

    fake.fault = fault
    for number in range(20):
        fake.add(f"c{number}@example.com")
    outcomes = apply(connect(fake, clock), *(tagged(email, LOYAL) for email in fake.members), silent=True)
    assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}
    assert cut["left"] == 0


def test_an_expired_link_to_results_is_asked_for_anew(fake: FakeMailchimp, clock: Clock) -> None:
    expired: list[str] = []

    def fault(_number: int, request: Request) -> Answer | None:
        if request.path.startswith("/results/") and not expired:
            expired.append(request.path)
            clock.move(minutes=11)
        return None

    fake.fault = fault
    for number in range(20):
        fake.add(f"c{number}@example.com")
    outcomes = apply(connect(fake, clock), *(tagged(email, LOYAL) for email in fake.members), silent=True)
    assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}
    assert sum(path.startswith("GET /results/") for path in paths(fake)) == 2


def test_a_batch_that_never_ends_is_stopped_and_tried_again_later(fake: FakeMailchimp, clock: Clock) -> None:
    fake.batches.polls = 10**9
    for number in range(20):
        fake.add(f"c{number}@example.com")
    outcomes = apply(connect(fake, clock), *(tagged(email, LOYAL) for email in fake.members), silent=True)
    assert {outcome.result for outcome in outcomes.values()} == {Result.RETRY}
    assert len(fake.batches.stopped) == 1
    assert all(contact.tags == set() for contact in fake.members.values())
    assert clock.slept[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert 7200 <= sum(clock.slept) < 7300


def some_answers_fail(every: int) -> Fault:
    """Every n-th answer is one of Mailchimp's ways to say: not now."""
    answers = [Answer(429), Answer(403), Answer(503, b"<html>"), Answer(reset=True), Answer(200, b'{"cut', cut=4)]

    def fault(number: int, _request: Request) -> Answer | None:
        return answers[number // every % len(answers)] if number % every == 0 else None

    return fault


@pytest.mark.parametrize("silent", [True, False])
def test_a_third_of_failing_answers_changes_nothing_in_the_end(fake: FakeMailchimp, clock: Clock, silent: bool) -> None:
    fake.fault = some_answers_fail(3)
    for number in range(600):
        fake.add(f"c{number}@example.com", STATUSES[number % 5])
    destination = connect(fake, clock, contacts="all")
    people = [*fake.members, *(f"n{number}@example.com" for number in range(30))]
    states = {state.address: state for state in destination.read(people)}
    changes = [
        tagged(person, LOYAL, fields={"LIFECYCLE": "Fidèle"}, create=not states[person].exists) for person in people
    ]
    assert {outcome.result for outcome in apply(destination, *changes, silent=silent).values()} == {Result.ACCEPTED}
    assert all(contact.tags == {LOYAL} for contact in fake.members.values())
    assert all(contact.merge_fields == {"LIFECYCLE": "Fidèle"} for contact in fake.members.values())
    assert len(fake.members) == 630


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("people", [4, 600])
def test_answers_that_are_lost_after_the_writing_do_no_harm(
    fake: FakeMailchimp, clock: Clock, silent: bool, people: int
) -> None:
    lost: set[tuple[str, str, bytes]] = set()

    def fault(_number: int, request: Request) -> Answer | None:
        sent = (request.method, request.path, request.body)
        if request.method == "GET" or sent in lost:
            return None
        lost.add(sent)
        fake.answer(request)
        return Answer(reset=True)

    fake.fault = fault
    destination = connect(fake, clock, contacts="all")
    changes = [
        tagged(f"c{number}@example.com", LOYAL, fields={"LIFECYCLE": "Fidèle"}, create=True) for number in range(people)
    ]
    assert {outcome.result for outcome in apply(destination, *changes, silent=silent).values()} == {Result.ACCEPTED}
    assert all(contact.tags == {LOYAL} for contact in fake.members.values())
    assert all(contact.merge_fields == {"LIFECYCLE": "Fidèle"} for contact in fake.members.values())
    undo = [
        RemoteChange(change.address, remove=frozenset({LOYAL}), fields={"LIFECYCLE": None}, archive=True)
        for change in changes
    ]
    assert {outcome.result for outcome in apply(destination, *undo, silent=silent).values()} == {Result.ACCEPTED}
    assert {contact.status for contact in fake.members.values()} == {"archived"}
    assert lost


def test_a_batch_that_cannot_even_be_stopped_is_tried_again_later(fake: FakeMailchimp, clock: Clock) -> None:
    fake.batches.polls = 10**9
    for number in range(20):
        fake.add(f"c{number}@example.com")

    def gone(_number: int, request: Request) -> Answer | None:
        return Answer(404) if request.method == "DELETE" else None

    fake.fault = gone
    outcomes = apply(connect(fake, clock), *(tagged(email, LOYAL) for email in fake.members), silent=True)
    assert {outcome.result for outcome in outcomes.values()} == {Result.RETRY}


@pytest.mark.parametrize("refused", ["segments", "merge-fields"])
def test_a_tag_or_field_that_cannot_be_made_ends_the_push_with_mailchimps_words(
    fake: FakeMailchimp, clock: Clock, refused: str
) -> None:
    fake.add("a@example.com")

    def full(_number: int, request: Request) -> Answer | None:
        detail = b'{"type": "", "title": "", "status": 400, "detail": "No more of them.", "instance": ""}'
        return Answer(400, detail) if request.method == "POST" and request.path.endswith(refused) else None

    fake.fault = full
    with pytest.raises(PermanentError, match="No more of them"):
        apply(connect(fake, clock), tagged("a@example.com", LOYAL, fields={"LIFECYCLE": "Fidèle"}))


def test_a_contact_that_mailchimp_does_not_confirm_is_tried_again(fake: FakeMailchimp, clock: Clock) -> None:
    def silence(_number: int, request: Request) -> Answer | None:
        empty: dict[str, list[str]] = {"new_members": [], "errors": []}
        return Answer.of(empty) if request.method == "POST" else None

    fake.fault = silence
    outcome = apply(connect(fake, clock, contacts="all"), RemoteChange("a@example.com", create=True))["a@example.com"]
    assert (outcome.result, outcome.reason) == (Result.RETRY, "Mailchimp did not confirm the contact.")


def test_a_removed_segment_is_an_error_not_a_refusal_of_everybody(fake: FakeMailchimp, clock: Clock) -> None:
    fake.add("a@example.com", "subscribed", LOYAL)

    def vanish(_number: int, request: Request) -> Answer | None:
        gone = b'{"type": "", "title": "Resource Not Found", "status": 404, "detail": "gone", "instance": ""}'
        return Answer(404, gone) if "members_to_add" in request.body.decode() else None

    fake.fault = vanish
    with pytest.raises(PermanentError, match="gone"):
        apply(connect(fake, clock), tagged("a@example.com", LOYAL))


PEOPLE = tuple(f"p{number}@example.com" for number in range(14))
states_of_people = st.fixed_dictionaries(
    {person: st.sampled_from([*STATUSES, "compliance", "forgotten", "absent"]) for person in PEOPLE}
)
changes_of_people = st.fixed_dictionaries(
    {
        person: st.builds(
            RemoteChange,
            st.just(person),
            add=st.frozensets(st.sampled_from([LOYAL, NEW]), max_size=1),
            remove=st.frozensets(st.sampled_from(["Cycle : Perdu", "Jamais vu"])),
            fields=st.dictionaries(st.sampled_from(["LIFECYCLE", "RFM"]), st.sampled_from(["Fidèle", None])),
            create=st.booleans(),
            archive=st.booleans(),
        )
        for person in PEOPLE
    }
)
RANK = {"archived": 0, "cleaned": 0, "unsubscribed": 0, None: 1, "transactional": 1, "pending": 2, "subscribed": 3}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=states_of_people,
    wanted=changes_of_people,
    contacts=st.sampled_from(["existing", "all"]),
    silent=st.booleans(),
    reads=st.booleans(),
)
def test_no_history_and_no_change_raises_a_consent_or_touches_what_is_not_ours(
    held: dict[str, str], wanted: dict[str, RemoteChange], contacts: str, silent: bool, reads: bool
) -> None:
    clock = Clock(NOW)
    with FakeMailchimp(api_key=KEY, now=clock) as fake:
        for person, state in held.items():
            if state == "forgotten":
                fake.forgotten.add(person)
            elif state != "absent":
                status = "unsubscribed" if state == "compliance" else state
                fake.add(person, status, "VIP", "Cycle : Perdu", compliance=state == "compliance")
                fake.members[person].merge_fields["FNAME"] = person
        before = {person: contact.status for person, contact in fake.members.items()}
        destination = connect(fake, clock, contacts=contacts)
        if reads:
            list(destination.read(PEOPLE))
        apply(destination, *wanted.values(), silent=silent)
        after = snapshot(fake)
        for person, (status, tags, fields) in after.items():
            raised = RANK[status] > RANK[before.get(person)]
            assert not raised, (person, before.get(person), status)
            assert person in before or (status in {"transactional", "archived"} and contacts == "all")
            assert ("VIP" in tags) is (person in before)
            assert fields.get("FNAME") == (person if person in before else None)
        assert fake.violations == []
        assert silent is False or fake.automations == []
        apply(destination, *wanted.values(), silent=silent)
        assert snapshot(fake) == after
        assert fake.violations == []


def snapshot(fake: FakeMailchimp) -> dict[str, tuple[str, frozenset[str], dict[str, str]]]:
    return {
        person: (
            contact.status,
            frozenset(contact.tags),
            {name: value for name, value in contact.merge_fields.items() if value},
        )
        for person, contact in fake.members.items()
    }


@pytest.mark.parametrize(("silent", "requests"), [(False, 1 + 1 + 28), (True, 1 + 14 * 4)])
def test_fourteen_thousand_tags_cost_thirty_requests_and_in_silence_four_for_a_thousand(
    destination: MailchimpDestination, fake: FakeMailchimp, silent: bool, requests: int
) -> None:
    people = [f"c{number}@example.com" for number in range(14_000)]
    for person in people:
        fake.add(person)
    outcomes = destination.apply([tagged(person, LOYAL) for person in people], silent=silent)
    assert all(outcome.result is Result.ACCEPTED for outcome in outcomes)
    assert len(fake.ledger) == requests
