"""Setting up: a shop, a check of its keys, a first pull; or a CSV file, its columns, its import; one page for all.

What was entered is held in memory until it works: keys are written only once the shop has taken them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Form, Request
from sqlalchemy import select

from connector.days import day_date
from connector.errors import ConnectorError, SettingsError
from connector.language import Language
from connector.models import Store
from connector.origins import origin
from connector.stores import FILE, merchant
from connector.tables import table
from connector.totals import totals
from sync import assumed
from sync.amending import amend
from sync.board import Step
from sync.tasks.cycle import work_cycle
from sync.tasks.importing import Imported
from sync.told import sentence, whole
from sync.voice import Voice
from sync.web.access.gate import LARGEST_FILE
from sync.web.desk import Desk, Here
from sync.web.errand import Ending
from sync.web.filedraft import FileDraft
from sync.web.page import Action, Done, Page
from sync.web.shopdraft import SECRETS, ShopDraft, shop_address

PATH = "/setup"
READING = f"{PATH}?step=reading"
_stores = table(Store)
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
    """Where the set-up stands."""
    shop, file, settings = _shop(desk), file_draft(desk), desk.workspace.settings
    under_way = desk.errands.under_way
    asking = under_way is not None and under_way.name == "check"
    if (step == "check" and shop is None and not asking) or (step == "columns" and file is None):
        step = ""
    if step in SECRETS and settings.file is None:
        step = ""  # which says why no shop can be written there
    found = Setup(
        step,
        editable=settings.file is not None,
        file="" if settings.file is None else str(settings.file),
        local=not request.state.address.secure,
        stores=list(settings.stores),
        largest=LARGEST_FILE,
        of_file=file is not None or "imported" in desk.errands.found,
        under_way=list(desk.workspace.board.steps),
    )
    if step in SECRETS:
        draft = shop if shop is not None and shop.platform == step else None
        return replace(found, shop=_form(desk, step, draft), wrong=_told(desk, draft and draft.wrong))
    if step == "check" and shop is not None:
        return replace(found, answered=_answered(desk, shop), wrong=_told(desk, shop.wrong), working=asking)
    if step == "columns" and file is not None:
        return replace(found, sheet=_sheet(desk, file), wrong=_told(desk, file.wrong))
    if step == "file":
        kept = desk.errands.found.get("file refused")
        return replace(found, wrong=_told(desk, kept and kept.value))
    if step == "reading":
        working = bool(found.under_way) or under_way is not None
        done = found if working else replace(found, held=_held(desk), wrong=_told(desk, _failed(desk)))
        return replace(done, working=working)
    return found


def _told(desk: Desk, wrong: object) -> str:
    return whole(wrong, desk.say.language) if isinstance(wrong, ConnectorError) else ""


def _shop(desk: Desk) -> ShopDraft | None:
    kept = desk.errands.found.get("shop")
    return kept.value if kept is not None and isinstance(kept.value, ShopDraft) else None


def file_draft(desk: Desk) -> FileDraft | None:
    """The file that waits to be imported."""
    kept = desk.errands.found.get("file")
    draft = kept.value if kept is not None else None
    return draft if isinstance(draft, FileDraft) and draft.file.exists() else None


def _failed(desk: Desk) -> Exception | None:
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
    kept = desk.errands.found.get("imported")
    report = kept.value.report if kept is not None and isinstance(kept.value, Imported) else None
    language = desk.say.language
    return Held(
        found.people,
        found.orders,
        None if found.first_day is None else day_date(found.first_day).isoformat(),
        None if found.last_day is None else day_date(found.last_day).isoformat(),
        found.quarantined,
        [sentence(warning, language) for warning in (report.warnings if report is not None else ())],
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
    platform: Annotated[Literal["shopify", "woocommerce"], Form()],
    given: Annotated[dict[str, str], Depends(keys)],
    address: Field = "",
    name: Field = "",
    language: Annotated[Language, Form()] = "fr",
    timezone: Field = "",
    allow_http: Annotated[bool, Form()] = False,
) -> Done:
    """Try the keys of a shop; a key that is left empty is the one that was entered before."""
    before = _shop(desk)
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
    draft = _shop(desk)
    return Done(PATH) if draft is None else _asked(desk, replace(draft, wrong=None, check=None))


def _asked(desk: Desk, draft: ShopDraft) -> Done:
    try:
        supposed = draft.supposed(desk.workspace)
    except SettingsError as error:
        desk.errands.keep("shop", replace(draft, wrong=error))
        return Done(f"{PATH}?step={draft.platform}")
    desk.errands.keep("shop", draft)

    def work() -> Ending:
        desk.errands.keep("shop", draft.asked(supposed))
        return Ending(f"{PATH}?step=check")

    return Done(desk.errands.send("check", f"{PATH}?step=check", work).to)


def read(desk: Here) -> Done:
    """Write what was set up, if it works and is not written yet, and read the shop for the first time."""
    draft = _shop(desk)
    if draft is not None:
        if not draft.works:
            return Done(f"{PATH}?step=check")
        amend(desk.standing, draft.change(desk.workspace))
        for name in ("shop", "imported"):
            desk.errands.forget(name)
    workspace = desk.standing.as_it_is()

    def work() -> Ending:
        work_cycle(workspace, Voice(desk.say.language, quiet=True))
        return Ending(READING)

    return begun(desk, work)


def begun(desk: Desk, work: Any) -> Done:  # noqa: ANN401 - as errands have it
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
