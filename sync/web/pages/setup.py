"""Setting up: a shop, a check of its keys, a first pull; or a CSV file, its columns, its import; one page for all.

What was entered is held in memory until it works: keys are written only once the shop has taken them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Form, Request
from sqlalchemy import select

from connector.answers.totals import totals
from connector.days import day_date
from connector.errors import ConnectorError, SettingsError
from connector.language import Language
from connector.models import Store
from connector.origins import origin
from connector.stores import FILE, merchant
from connector.tables import table
from sync import assumed
from sync.amending import amend
from sync.board import Step
from sync.language.told import sentence, whole
from sync.language.voice import Voice
from sync.tasks.cycle import work_cycle
from sync.web.access.gate import LARGEST_FILE
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.filedraft import FileDraft
from sync.web.page import Action, Page
from sync.web.shopdraft import SECRETS, ShopDraft, shop_address

PATH = "/setup"
READING = f"{PATH}?step=reading"
_stores = table(Store)
ASKING = "shop"
"""The errand that tries the keys of a shop."""
Platform: TypeAlias = Literal["shopify", "woocommerce"]
Stage: TypeAlias = Literal["", "shopify", "woocommerce", "file", "check", "columns", "reading"]
Field: TypeAlias = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True)
class ShopForm:
    """The form of a shop: what was entered, and of which keys something was; never the keys."""

    platform: str
    key: str
    address: str
    language: Language
    asks_language: bool
    client_id: str = ""
    timezone: str = ""
    allow_http: bool = False
    entered: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """What a shop said of itself when its keys were tried; `problems` are pairs of what is wrong and what to do."""

    platform: str
    key: str
    works: bool
    name: str = ""
    currency: str = ""
    timezone: str = ""
    customers: int | None = None
    orders: int | None = None
    floor: str | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """A file that waits to be imported; `form` is None where its columns are to be chosen."""

    name: str
    form: str | None
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    said: Mapping[str, str]
    stores: list[str]  # it may belong to
    new: str  # the name of a store of its own, "" where it must belong to one
    currency: str
    timezone: str


@dataclass(frozen=True)
class Held:
    """What the database holds now; `warnings` are of the file that was read last."""

    people: int
    orders: int
    first: str | None
    last: str | None
    quarantined: int
    warnings: list[str]


@dataclass(frozen=True)
class Setup:
    """Where the set-up stands; `wrong` is why the last form was refused, or the last pull ended."""

    step: Stage
    editable: bool
    file: str
    local: bool
    stores: list[str]
    largest: int
    of_file: bool  # rather than of a shop
    wrong: str = ""
    shop: ShopForm | None = None
    answered: Answered | None = None
    sheet: Sheet | None = None
    held: Held | None = None
    working: bool = False
    under_way: list[Step] = field(default_factory=list)


def setup(desk: Here, request: Request, step: Stage = "") -> Setup:
    """Where the set-up stands; its beginning, where the step that is asked for has nothing to show."""
    settings, memory = desk.workspace.settings, desk.memory
    beginning = Setup(
        "",
        editable=settings.file is not None,
        file="" if settings.file is None else str(settings.file),
        local=not request.state.address.secure,
        stores=list(settings.stores),
        largest=LARGEST_FILE,
        of_file=file_draft(desk) is not None or memory.imported is not None,
        under_way=list(desk.workspace.board.steps),
    )
    return _STEPS[step](desk, beginning)


def _begin(desk: Desk, beginning: Setup) -> Setup:
    """What there is to choose from."""
    del desk
    return beginning


def _ask(desk: Desk, beginning: Setup, platform: Platform) -> Setup:
    """The form of a shop; the beginning, which says why, where no shop can be written."""
    if not beginning.editable:
        return beginning
    draft = desk.memory.shop if desk.memory.shop and desk.memory.shop.platform == platform else None
    return replace(
        beginning, step=platform, shop=_form(desk, platform, draft), wrong=_told(desk, draft.wrong if draft else None)
    )


def _check(desk: Desk, beginning: Setup) -> Setup:
    """What the shop says to its keys."""
    draft, at_work = desk.memory.shop, desk.errands.under_way
    if draft is None:
        return beginning
    asking = at_work is not None and at_work.name == ASKING
    answered = _answered(desk, draft)
    return replace(beginning, step="check", answered=answered, wrong=_told(desk, draft.wrong), working=asking)


def _drop(desk: Desk, beginning: Setup) -> Setup:
    """The place for a file."""
    return replace(beginning, step="file", wrong=_told(desk, desk.memory.refused))


def _match(desk: Desk, beginning: Setup) -> Setup:
    """The file that waits, and what its columns are."""
    file = file_draft(desk)
    if file is None:
        return beginning
    return replace(beginning, step="columns", sheet=_sheet(desk, file), wrong=_told(desk, file.wrong))


def _read(desk: Desk, beginning: Setup) -> Setup:
    """How far the reading is, and what it came to."""
    if beginning.under_way or desk.errands.under_way is not None:
        return replace(beginning, step="reading", working=True)
    return replace(beginning, step="reading", held=_held(desk), wrong=_told(desk, _failed(desk)))


_STEPS: Mapping[Stage, Callable[[Desk, Setup], Setup]] = {
    "": _begin,
    "shopify": partial(_ask, platform="shopify"),
    "woocommerce": partial(_ask, platform="woocommerce"),
    "check": _check,
    "file": _drop,
    "columns": _match,
    "reading": _read,
}


def _told(desk: Desk, wrong: ConnectorError | None) -> str:
    return "" if wrong is None else whole(wrong, desk.say.language)


def file_draft(desk: Desk) -> FileDraft | None:
    """The file that waits to be imported."""
    draft = desk.memory.file
    return draft if draft is not None and draft.file.exists() else None


def _failed(desk: Desk) -> ConnectorError | None:
    """Why the last first pull, or import, ended before its end."""
    latest = desk.errands.latest
    if latest is None or latest.name != "reading" or latest.failed is None:
        return None
    if isinstance(latest.failed, ConnectorError):
        return latest.failed
    return ConnectorError("Something went wrong.", remedy="The log of the service says what.")


def _form(desk: Desk, platform: str, draft: ShopDraft | None) -> ShopForm:
    asks = origin(desk.workspace.settings, "language") == "default"
    if draft is None:
        return ShopForm(platform, _free_name(desk), "", desk.say.language, asks)
    options = draft.options
    return ShopForm(
        platform,
        draft.key,
        options.get("shop") or options.get("url") or "",
        draft.language,
        asks,
        options.get("client_id") or "",
        options.get("timezone") or "",
        bool(options.get("allow_http")),
        [name for name, secret in draft.secrets.items() if secret],
    )


def _free_name(desk: Desk) -> str:
    """A name for a shop: that of the one whose files were imported, else a usual one that is free."""
    with desk.reading() as connection:
        files = connection.scalars(select(_stores.c.key).where(_stores.c.platform == FILE)).all()
        taken = {*connection.scalars(select(_stores.c.key)), *desk.workspace.settings.stores}
    if len(files) == 1 and files[0] not in desk.workspace.settings.stores:
        return str(files[0])
    usual = desk.say.text("boutique", "shop")
    names = (usual, *(f"{usual}{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)


def _answered(desk: Desk, draft: ShopDraft) -> Answered:
    check, language = draft.check, desk.say.language
    if check is None:
        return Answered(draft.platform, draft.key, works=False)
    return Answered(
        draft.platform,
        draft.key,
        draft.works,
        check.name,
        check.currency,
        check.timezone,
        check.customers,
        check.orders,
        None if check.floor is None else check.floor.isoformat(),
        [(sentence(one.message, language), sentence(one.remedy, language)) for one in check.problems],
    )


def _sheet(desk: Desk, draft: FileDraft) -> Sheet:
    with desk.reading() as connection:
        stores = [str(key) for key in connection.scalars(select(_stores.c.key).order_by(_stores.c.id))]
        base = merchant(connection)
    said = draft.said
    currency = said.get("money") or (base.currency if base else draft.found.currency or assumed.CURRENCY)
    zone = said.get("timezone") or (base.zone.key if base else assumed.zone())
    found = draft.found
    new = "" if stores else desk.say.text("boutique", "shop")
    return Sheet(draft.file.name, found.form, found.columns, found.rows, said, stores, new, currency, zone)


def _held(desk: Desk) -> Held | None:
    with desk.reading() as connection:
        if merchant(connection) is None:
            return None
        found = totals(connection)
    last, language = desk.memory.imported, desk.say.language
    return Held(
        found.people,
        found.orders,
        None if found.first_day is None else day_date(found.first_day).isoformat(),
        None if found.last_day is None else day_date(found.last_day).isoformat(),
        found.quarantined,
        [sentence(warning, language) for warning in (() if last is None else last.report.warnings)],
    )


def keys(
    client_id: Field = "", client_secret: Field = "", token: Field = "",
    consumer_key: Field = "", consumer_secret: Field = "",
) -> dict[str, str]:  # fmt: skip
    """The keys that a form brings."""
    found = {"client_id": client_id, "client_secret": client_secret, "token": token}
    found |= {"consumer_key": consumer_key, "consumer_secret": consumer_secret}
    return {name: value.strip() for name, value in found.items()}


def ask(
    desk: Here,
    platform: Annotated[Platform, Form()],
    given: Annotated[dict[str, str], Depends(keys)],
    address: Field = "",
    name: Field = "",
    language: Annotated[Language, Form()] = "fr",
    timezone: Field = "",
    allow_http: Annotated[bool, Form()] = False,
) -> Done:
    """Try the keys of a shop; a key that is left empty is the one that was entered before."""
    before = desk.memory.shop
    known = before.secrets if before is not None and before.platform == platform else {}
    secrets = {one: given[one] or known.get(one, "") for one in SECRETS[platform]}
    options: dict[str, Any] = shop_address(platform, address)
    if platform == "shopify":
        options["client_id"] = given["client_id"]
        if given["token"]:
            secrets["client_secret"] = options["client_id"] = ""
        elif given["client_id"]:
            secrets["token"] = ""
    else:
        options |= {"timezone": timezone.strip(), "allow_http": allow_http}
    return _asked(desk, ShopDraft(platform, name.strip(), language, options, secrets))


def ask_again(desk: Here) -> Done:
    """Try the same keys again."""
    draft = desk.memory.shop
    return Done(PATH) if draft is None else _asked(desk, replace(draft, wrong=None, check=None))


def _asked(desk: Desk, draft: ShopDraft) -> Done:
    try:
        supposed = draft.supposed(desk.workspace)
    except SettingsError as error:
        desk.memory.shop = replace(draft, wrong=error)
        return Done(f"{PATH}?step={draft.platform}")
    desk.memory.shop = draft

    def work() -> Done:
        desk.memory.shop = draft.asked(supposed)
        return Done(f"{PATH}?step=check")

    return desk.errands.send(ASKING, f"{PATH}?step=check", work)


def read(desk: Here) -> Done:
    """Write what was set up, if it works and is not written yet, and read the shop for the first time."""
    draft = desk.memory.shop
    if draft is not None:
        if not draft.works:
            return Done(f"{PATH}?step=check")
        amend(desk.standing, draft.change(desk.workspace))
        desk.memory.shop = desk.memory.imported = None
    workspace = desk.standing.as_it_is()

    def work() -> Done:
        work_cycle(workspace, Voice(desk.say.language, quiet=True))
        return Done(READING)

    return begun(desk, work)


def begun(desk: Desk, work: Callable[[], Done]) -> Done:
    """Send an errand whose outcome, good or bad, the last step tells."""
    try:
        desk.errands.send("reading", READING, work)
    except ConnectorError as error:
        latest = desk.errands.latest
        if latest is None or latest.failed is not error:
            raise
    return Done(READING)


PAGE = Page(PATH, "setup.html", setup, role="admin")
ACTIONS = (
    Action(f"{PATH}/shop", ask),
    Action(f"{PATH}/check", ask_again),
    Action(f"{PATH}/read", read),
)
