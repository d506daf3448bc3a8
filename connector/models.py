"""The tables. Days are numbers since 1970-01-01 in shop time, instants seconds since the epoch, money minor units.

A SQLModel table does not validate: rows are made from records, which were parsed before.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, MetaData, Text, UniqueConstraint, column
from sqlmodel import Field, SQLModel

BigInt = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Table(SQLModel):
    """What all tables share: one metadata, with names that migrations can rely on."""

    metadata = metadata


class Store(Table, table=True):
    """A shop that is read. The first one decides currency and time zone of the whole database."""

    __tablename__ = "stores"

    id: int = Field(primary_key=True)
    key: str = Field(unique=True)  # its name in the settings
    platform: str
    shop_id: str  # what the shop itself says it is; a guard compares it
    name: str
    currency: str
    timezone: str
    floor_day: int | None = None  # the first day whose orders the platform shows
    count_zero_orders: bool = False
    count_on_hold: bool = False
    count_refunded: bool = False
    include_tax: bool = True
    include_shipping: bool = True
    fields: str | None = Field(default=None, sa_type=Text)  # JSON: the customer fields that are read, path by name


class Customer(Table, table=True):
    """A person: the union of accounts, e-mail addresses and phone numbers over all stores."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_review", "next_review_on", sqlite_where=column("next_review_on").is_not(None)),
        Index("ix_customers_merged_into", "merged_into", sqlite_where=column("merged_into").is_not(None)),
    )

    id: int = Field(primary_key=True, sa_type=BigInt)
    since_day: int  # the earlier of account creation and first order of any status
    merged_into: int | None = Field(default=None, sa_type=BigInt)  # set while a merge holds; only others are people
    next_review_on: int | None = None  # the day on which the stages must be looked at next; None: never by time
    objected_on: int | None = None  # from this day on they are in no segment; kept from `objections`


class Identity(Table, table=True):
    """One key that points to a person. `scope` is the store of an account id, and 0 for e-mail and phone."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("kind", "scope", "value"),)

    id: int = Field(primary_key=True, sa_type=BigInt)
    kind: str  # account, email, phone
    scope: int
    value: str
    customer_id: int = Field(sa_type=BigInt, index=True, foreign_key="customers.id")


class Account(Table, table=True):
    """A customer account of a store, as last read; it belongs to whom its identity belongs to."""

    __tablename__ = "accounts"

    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    created_day: int | None = None
    updated_at: int | None = Field(default=None, sa_type=BigInt)
    digest: int = Field(sa_type=BigInt)  # of the record, to tell whether anything changed
    origin: str  # api or file: a file never replaces what the platform itself said
    state: str | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    tags: str | None = Field(default=None, sa_type=Text)  # one a line


class CustomerField(Table, table=True):
    """A field of an account that the merchant has mapped to a name; no other is kept."""

    __tablename__ = "customer_fields"
    __table_args__ = {"sqlite_with_rowid": False}

    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    name: str = Field(primary_key=True)
    path: str  # as the platform calls it: custom.gender
    value: str = Field(sa_type=Text)  # one a line
    day: int | None = None  # of a value that is a date


class Merge(Table, table=True):
    """Two people found to be one, and all that is needed to take it back."""

    __tablename__ = "merges"

    id: int = Field(primary_key=True)
    kept_id: int = Field(sa_type=BigInt, foreign_key="customers.id")
    absorbed_id: int = Field(sa_type=BigInt, foreign_key="customers.id")
    identity_id: int = Field(sa_type=BigInt, foreign_key="identities.id")  # the key that joined them
    moved: str = Field(sa_type=Text)  # the absorbed person's identities, a JSON list of ids
    merged_at: int = Field(sa_type=BigInt)
    undone_at: int | None = Field(default=None, sa_type=BigInt)  # once undone, this key joins these two no more


class Consent(Table, table=True):
    """What a store or a tool says a person agreed to; the strictest of several counts."""

    __tablename__ = "consents"

    customer_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="customers.id")
    channel: str = Field(primary_key=True)
    source: str = Field(primary_key=True)  # the store's or destination's key
    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    state: str
    since: int | None = Field(default=None, sa_type=BigInt)


class Order(Table, table=True):
    """An order. It counts from `local_day` until `void_day`, if `counted`."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("store_id", "platform_id"),
        Index("ix_orders_counted", "customer_id", "local_day", "total", "refunded", "void_day", "counted"),
    )

    id: int = Field(primary_key=True, sa_type=BigInt)
    store_id: int = Field(foreign_key="stores.id")
    platform_id: str
    customer_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="customers.id")
    identity_id: int | None = Field(
        default=None, sa_type=BigInt, foreign_key="identities.id"
    )  # the key that says whose
    local_day: int
    counted: int  # 1 where status, test flag, total and the store's switches make it a purchase
    void_day: int | None = None  # the day from which a dated cancellation or full refund takes it back
    total: int | None = Field(default=None, sa_type=BigInt)  # None where it was paid in a foreign currency
    refunded: int = Field(default=0, sa_type=BigInt)  # of this total, over all its refunds
    placed_at: int = Field(sa_type=BigInt)
    updated_at: int | None = Field(default=None, sa_type=BigInt)
    digest: int = Field(sa_type=BigInt)
    origin: str
    name: str | None = None
    status: str
    platform_status: str | None = None
    test: bool = False
    cancelled_day: int | None = None
    currency: str
    gross: int = Field(sa_type=BigInt)  # the grand total in its own currency
    tax: int = Field(default=0, sa_type=BigInt)
    shipping: int = Field(default=0, sa_type=BigInt)
    discount: int = Field(default=0, sa_type=BigInt)
    coupons: str | None = Field(default=None, sa_type=Text)  # one a line
    channel: str | None = None
    payment_method: str | None = None
    shipping_method: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    delivered_day: int | None = None
    attribution: str | None = Field(default=None, sa_type=Text)  # JSON


class OrderLine(Table, table=True):
    """A line of an order, in the order that the platform gave."""

    __tablename__ = "order_lines"
    __table_args__ = {"sqlite_with_rowid": False}

    order_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="orders.id")
    position: int = Field(primary_key=True)
    product_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="products.id")
    quantity: int = Field(sa_type=BigInt)
    total: int = Field(sa_type=BigInt)
    title: str | None = None
    sku: str | None = None
    variant_id: str | None = None
    gift_card: bool = False


class Refund(Table, table=True):
    """Money given back on its own day: of an order, or (from a file) of no order that is known."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("store_id", "platform_id"), Index("ix_refunds_person", "customer_id", "day"))

    id: int = Field(primary_key=True, sa_type=BigInt)
    store_id: int = Field(foreign_key="stores.id")
    platform_id: str
    order_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="orders.id", index=True)
    customer_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="customers.id")
    identity_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="identities.id")
    day: int
    amount: int = Field(sa_type=BigInt)


class Product(Table, table=True):
    """A product as rules ask for it."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("store_id", "platform_id"),)

    id: int = Field(primary_key=True, sa_type=BigInt)
    store_id: int = Field(foreign_key="stores.id")
    platform_id: str
    title: str | None = None
    type: str | None = None
    vendor: str | None = None
    categories: str | None = Field(default=None, sa_type=Text)  # one a line
    tags: str | None = Field(default=None, sa_type=Text)


class ProductLifespan(Table, table=True):
    """How long a piece of a product lasts, as the merchant says; the product need not be known yet."""

    __tablename__ = "product_lifespans"
    __table_args__ = {"sqlite_with_rowid": False}

    store_id: int = Field(primary_key=True, foreign_key="stores.id")
    platform_id: str = Field(primary_key=True)
    days: int


class Checkout(Table, table=True):
    """A checkout that was begun."""

    __tablename__ = "checkouts"
    __table_args__ = (UniqueConstraint("store_id", "platform_id"),)

    id: int = Field(primary_key=True, sa_type=BigInt)
    store_id: int = Field(foreign_key="stores.id")
    platform_id: str
    customer_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="customers.id", index=True)
    identity_id: int | None = Field(default=None, sa_type=BigInt, foreign_key="identities.id")
    local_day: int
    completed_day: int | None = None
    updated_at: int | None = Field(default=None, sa_type=BigInt)
    digest: int = Field(sa_type=BigInt)
    total: int | None = Field(default=None, sa_type=BigInt)


class Metric(Table, table=True):
    """What is read most of a person, as of their last review."""

    __tablename__ = "metrics"

    customer_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="customers.id")
    number_of_orders: int
    first_order_day: int | None = None
    last_order_day: int | None = None
    amount_spent: int = Field(sa_type=BigInt)


class PredictedValue(Table, table=True):
    """What a person may bring within 12 months, by the models of the last Monday."""

    __tablename__ = "predicted_values"

    customer_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="customers.id")
    clv_12m: int = Field(sa_type=BigInt)


class Calibration(Table, table=True):
    """A figure of the whole shop, made from the state at the end of a day; None where nobody has one."""

    __tablename__ = "calibrations"
    __table_args__ = {"sqlite_with_rowid": False}

    day: int = Field(primary_key=True)
    key: str = Field(primary_key=True)  # interval.pooled, rfm.f.4
    value: int | None = Field(default=None, sa_type=BigInt)


class Finding(Table, table=True):
    """What a report over all orders found, kept for the pages until the next day's."""

    __tablename__ = "findings"

    key: str = Field(primary_key=True)  # objectives, pareto, movements, …
    day: int  # of whose end it speaks
    basis: str = Field(sa_type=Text)  # what it was made of: definitions and how much there was
    value: str = Field(sa_type=Text)  # JSON


class Note(Table, table=True):
    """What the merchant notes of a day, to be read beside its figures: a campaign, a sale, a strike of the post."""

    __tablename__ = "notes"

    id: int = Field(primary_key=True)
    day: int = Field(index=True)
    text: str = Field(sa_type=Text)


class Segment(Table, table=True):
    """A version of a stage or an audience, with the rule that makes it."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: int = Field(primary_key=True)
    key: str  # spread.loyal, aud.vip
    version: int
    family: str  # spread; an audience is a family of its own
    position: int  # of the stage in its family: the first that matches wins
    rule: str = Field(sa_type=Text)  # canonical, parameters filled in
    from_day: int | None = None  # the first day that this version speaks of; None: from the beginning
    active: bool = True


class Membership(Table, table=True):
    """A person in a segment from the end of one day to the end of another; days before our records are not claimed."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index(
            "ix_memberships_open",
            "segment_id",
            "customer_id",
            "left_on",  # or SQLite would look into the table to see that it is null
            sqlite_where=column("left_on").is_(None),
            postgresql_where=column("left_on").is_(None),
        ),
        {"sqlite_with_rowid": False},
    )

    customer_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="customers.id")
    segment_id: int = Field(primary_key=True, foreign_key="segments.id")
    entered_on: int = Field(primary_key=True)
    left_on: int | None = None
    cause: str  # of the entry: order, refund, profile, merge, time, calibration, definition


class DailyCount(Table, table=True):
    """How many people a segment held at the end of a day."""

    __tablename__ = "daily_counts"

    segment_id: int = Field(primary_key=True, foreign_key="segments.id")
    day: int = Field(primary_key=True)
    people: int


class DestinationRow(Table, table=True):
    """A destination that was written to, and which one it is at the platform."""

    __tablename__ = "destinations"

    id: int = Field(primary_key=True)
    key: str = Field(unique=True)
    platform: str
    remote_id: str | None = None  # as it named itself when first written to; a guard compares it
    first_push_at: int | None = Field(default=None, sa_type=BigInt)
    held: bool = False  # after an undo: plans form, nothing is applied


class Label(Table, table=True):
    """A text as it is known at a destination, frozen with its first delivery: a tag, a field's name or a value."""

    __tablename__ = "labels"

    destination_id: int = Field(primary_key=True, foreign_key="destinations.id")
    key: str = Field(primary_key=True)  # an item (its tag or its field's name), or field:spread=spread.loyal (a value)
    text: str


class Delivery(Table, table=True):
    """What a destination has accepted for one address: the base of the next difference."""

    __tablename__ = "deliveries"
    __table_args__ = {"sqlite_with_rowid": False}

    destination_id: int = Field(primary_key=True, foreign_key="destinations.id")
    item: str = Field(primary_key=True)  # tag:spread.loyal, field:spread, previous:spread, day:spread, contact
    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    value: str | None = None  # the tag's text, the field's value; None: nothing was accepted yet
    sending: str | None = None  # what may stand there instead, written down before it is sent; "": it may be gone
    owned: bool  # False where `value` stood there before us: it is never ours to remove
    before: str | None = None  # a field's value before we first wrote
    run_id: int = Field(foreign_key="runs.id")


class Refusal(Table, table=True):
    """What a destination will not take for one address; it is left alone until something else is wanted there."""

    __tablename__ = "refusals"
    __table_args__ = {"sqlite_with_rowid": False}

    destination_id: int = Field(primary_key=True, foreign_key="destinations.id")
    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    item: str = Field(primary_key=True)
    value: str | None = None  # what was to be written; None: it was to go
    outcome: str  # of connector.states.Obstacle
    reason: str
    at: int = Field(sa_type=BigInt)


class Holdout(Table, table=True):
    """The share of a segment's people that a destination holds out, from a day on; the newest row is in force."""

    __tablename__ = "holdouts"

    destination: str = Field(primary_key=True)  # its key in the settings
    segment: str = Field(primary_key=True)  # its key
    from_day: int = Field(primary_key=True)
    percent: float  # 0: nobody any more
    salt: str  # the same for all rows of a segment


class Send(Table, table=True):
    """A message that went to an address, as the tool that sent it or a file says; our pushes are none."""

    __tablename__ = "sends"
    __table_args__ = {"sqlite_with_rowid": False}

    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    source: str = Field(primary_key=True)  # a destination's key, or file
    message: str = Field(primary_key=True)  # the campaign; in a file, the instant
    day: int | None = None  # None: at some time before it was first read


class SendLog(Table, table=True):
    """The days of which all messages of a source are known."""

    __tablename__ = "send_logs"

    source: str = Field(primary_key=True)
    from_day: int
    until_day: int
    cursor: str | None = Field(default=None, sa_type=Text)  # what has been read, in the source's own words


class Plan(Table, table=True):
    """The differences that one push is about, stored before anything is sent."""

    __tablename__ = "plans"

    id: int = Field(primary_key=True)
    destination_id: int = Field(foreign_key="destinations.id")
    run_id: int = Field(foreign_key="runs.id")
    kind: str  # of connector.states.PlanKind
    created_at: int = Field(sa_type=BigInt)
    state: str  # of connector.states.PlanState
    summary: str = Field(sa_type=Text)  # JSON: counts, guards, warnings


class Change(Table, table=True):
    """One item of one address in a plan, and how it ended."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_plan", "plan_id", "identity_id"),)

    id: int = Field(primary_key=True, sa_type=BigInt)
    plan_id: int = Field(foreign_key="plans.id")
    identity_id: int = Field(sa_type=BigInt, foreign_key="identities.id")
    customer_id: int = Field(sa_type=BigInt)
    item: str
    old: str | None = None  # what we delivered before
    new: str | None = None  # None: it goes
    cause: str | None = None
    found: str | None = None  # what stood there and what was delivered, just before writing (JSON)
    outcome: str | None = None  # of connector.states.ChangeOutcome; None: not tried
    reason: str | None = None


class Objection(Table, table=True):
    """An identity whose person objects to profiling: whoever it belongs to, merged or parted, objects."""

    __tablename__ = "objections"

    identity_id: int = Field(primary_key=True, sa_type=BigInt, foreign_key="identities.id")
    day: int  # from which on


class Erasure(Table, table=True):
    """People who were made nameless together, or who objected, under the number that the suppressed's file gave."""

    __tablename__ = "erasures"

    serial: int = Field(primary_key=True)
    at: int = Field(sa_type=BigInt)
    reason: str  # asked, retention, redact, again (an older copy had brought them back), object, withdraw
    people: int


class Leftover(Table, table=True):
    """What is still to be taken away of somebody who was erased; the row goes with it."""

    __tablename__ = "leftovers"

    id: int = Field(primary_key=True)
    serial: int = Field(foreign_key="erasures.serial")
    place: str  # a destination's key; file: what this database's own file still holds of deleted rows
    address: str  # as the destination knows them
    held: str = Field(sa_type=Text)  # JSON: what we delivered there
    reason: str | None = Field(default=None, sa_type=Text)  # why it is still there


class Run(Table, table=True):
    """One thing that was done, from its start to its end."""

    __tablename__ = "runs"

    id: int = Field(primary_key=True)
    kind: str
    started_at: int = Field(sa_type=BigInt)
    ended_at: int | None = Field(default=None, sa_type=BigInt)
    as_of: int | None = None  # the shop day that a recompute brought the memberships to
    outcome: str | None = None  # of connector.states.RunOutcome; None: still running, or killed
    detail: str | None = Field(default=None, sa_type=Text)  # JSON


class Checkpoint(Table, table=True):
    """The cursor that a stream reached, stored with its rows."""

    __tablename__ = "checkpoints"

    store_id: int = Field(primary_key=True, foreign_key="stores.id")
    stream: str = Field(primary_key=True)
    cursor: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInt)


class Quarantine(Table, table=True):
    """A payload that could not be read, kept until it can."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("store_id", "stream", "digest"),)

    id: int = Field(primary_key=True)
    store_id: int = Field(foreign_key="stores.id")
    stream: str
    platform_id: str | None = None
    digest: int = Field(sa_type=BigInt)
    payload: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    seen_at: int = Field(sa_type=BigInt)


class Lease(Table, table=True):
    """Who writes, or wrote last: a note for whom the lock turns away."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    holder: str
    since: int = Field(sa_type=BigInt)


class User(Table, table=True):
    """Somebody, or some program, that may open the dashboard."""

    __tablename__ = "users"

    id: int = Field(primary_key=True)
    name: str
    folded: str = Field(unique=True)  # the name as it is looked up
    role: str  # admin, viewer
    password: str | None = Field(default=None, repr=False)  # argon2id; None: not chosen yet, or a program's
    created_at: int = Field(sa_type=BigInt)
    disabled_at: int | None = Field(default=None, sa_type=BigInt)


class Invitation(Table, table=True):
    """A one-time code with which a user chooses a password; the row goes with its use."""

    __tablename__ = "invitations"

    digest: str = Field(primary_key=True)  # of the code
    folded: str = Field(unique=True)  # the user's name as it is looked up; "" of the first one, who chooses it
    name: str
    role: str
    expires_at: int = Field(sa_type=BigInt)


class Token(Table, table=True):
    """What a program shows instead of a session, to be answered as its user."""

    __tablename__ = "tokens"

    digest: str = Field(primary_key=True)  # of the token
    user_id: int = Field(foreign_key="users.id", unique=True)
    created_at: int = Field(sa_type=BigInt)
