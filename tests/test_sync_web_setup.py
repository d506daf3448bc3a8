"""Setting up in the browser: from nothing to a first pull, or from a file that is dropped; what is wrong is said."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from connector.answers.totals import totals
from connector.settings import load
from connector.users import invite, redeem
from sync import assumed
from sync.demo.shopify import FakeShopify
from sync.web.access.gate import LARGEST, LARGEST_FILE
from sync.web.upload import named
from tests import shop_exports
from tests.contract import NOW, Clock, small_shop
from tests.dashboard_world import BASE, PASSWORD, Browser, Dashboard

TOKEN = "shpat_demo"
WRONG = "shpat_wrong_0123456789"
OTHER = "Réf;Courriel;Date;Montant TTC\n" + "".join(
    f"{n};client{n % 5}@example.fr;{1 + n % 28:02}/03/2026;{10 + n},50\n" for n in range(30)
)

RIGHT = {
    "store": "boutique", "money": "EUR", "timezone": "Europe/Paris",
    "is_email": "Courriel", "is_placed_at": "Date", "is_total": "Montant TTC",
}  # fmt: skip


@pytest.fixture
def dashboard(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """A dashboard in a folder that has no settings file yet."""
    monkeypatch.chdir(tmp_path)
    return Dashboard(engine, load(), Clock(NOW))


@pytest.fixture
def admin(dashboard: Dashboard) -> Browser:
    """An administrator who is signed in, and has no password that would have to be worked out."""
    with dashboard.engine.begin() as connection:
        user = redeem(connection, invite(connection, "Anne", "admin", NOW), "Anne", "none", NOW)
    assert user is not None
    browser = dashboard.browser()
    browser.client.cookies.set("session_8765", dashboard.app.state.sessions.begin(user, NOW))
    return browser


@pytest.fixture
def shop(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    """A shop on this machine, which the environment says is the one called boutique."""
    with FakeShopify(small_shop(), now=dashboard.clock, maximum=1e9, polls=1, token=TOKEN) as fake:
        monkeypatch.setenv("CONNECTOR_STORES__BOUTIQUE__PLATFORM", "shopify")
        monkeypatch.setenv("CONNECTOR_STORES__BOUTIQUE__ENDPOINT", fake.url)
        yield fake


def led(admin: Browser, answer: httpx.Response) -> httpx.Response:
    """The page that a form leads to, once what it asked for is done."""
    assert answer.status_code == 303, answer.text
    assert isinstance(admin.client.app, FastAPI)
    errand = admin.client.app.state.errands.latest
    assert errand is None or errand.over.wait(100)
    return admin.get(answer.headers["location"])


def read(admin: Browser, action: str = "/setup/read", **fields: str) -> str:
    """The last step, in words, after a form that begins to read."""
    return words(led(admin, admin.send("/setup", action, page="/setup", **fields)))


def ask(admin: Browser, **fields: str) -> httpx.Response:
    """The page that the form of a Shopify shop leads to."""
    shop = {"platform": "shopify", "name": "boutique", "address": "petite-boutique", "token": TOKEN, "language": "fr"}
    answer = admin.send("/setup", "/setup/shop", page="/setup?step=shopify", **{**shop, **fields})
    return led(admin, answer)


def send(admin: Browser, name: str, content: bytes, *, key: str | None = None, first: str = "key") -> httpx.Response:
    """What is answered to the form of a file; `first` is the field that comes first in it."""
    proof = admin.key("/setup?step=file") if key is None else key
    parts = {
        "key": f'Content-Disposition: form-data; name="key"\r\n\r\n{proof}\r\n'.encode(),
        "file": f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n",
    }
    ordered = [parts[first], *(part for one, part in parts.items() if one != first)]
    body = b"".join(b"--limit\r\n" + part for part in ordered) + b"--limit--\r\n"
    return post(admin, body)


def post(admin: Browser, body: bytes, **headers: str) -> httpx.Response:
    sent = {"Origin": BASE, "Content-Type": "multipart/form-data; boundary=limit", **headers}
    return admin.client.post("/setup/file", content=body, headers=sent, follow_redirects=False)


def drop(admin: Browser, name: str, content: bytes) -> str:
    """The page that a file leads to, in words."""
    return words(led(admin, send(admin, name, content)))


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.text.replace("&#39;", "'").replace("&#34;", '"')


def waiting() -> list[str]:
    """The files that wait to be imported."""
    folder = Path("connector.db.uploads")
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_who_may_set_up_is_led_there_until_something_was_read(dashboard: Dashboard, admin: Browser) -> None:
    code = dashboard.code("Bea")
    answer = dashboard.browser().send("/welcome", code=code, name="Bea", password=PASSWORD, again=PASSWORD)
    assert answer.headers["location"] == "/setup"
    assert dashboard.browser().sign_in("Bea").headers["location"] == "/setup"
    assert 'href="/setup"' in admin.get("/").text
    viewer = dashboard.user("Vic", "viewer")
    assert dashboard.browser().sign_in("Vic").headers["location"] == "/"
    assert "/setup" not in viewer.get("/").text
    assert viewer.get("/setup").status_code == 403
    page = words(admin.get("/setup"))
    assert "connector demo --serve" in page
    assert "Rien ne quitte cet ordinateur" in page


def test_once_something_was_read_the_start_page_comes_first(dashboard: Dashboard, admin: Browser) -> None:
    drop(admin, "ventes.csv", OTHER.encode())
    read(admin, "/setup/import", **RIGHT)
    dashboard.user("Bea", "admin")
    assert dashboard.browser().sign_in("Bea").headers["location"] == "/"


def test_a_shop_is_checked_then_written_then_read(
    dashboard: Dashboard, admin: Browser, shop: FakeShopify, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("connector.toml").write_text("# à moi\n[schedule]\npull = '1h' # souvent\n", encoding="utf-8")
    page = ask(admin, token=WRONG)
    assert page.url.params["step"] == "check"
    assert "La boutique n'a pas pu être lue" in words(page)
    assert "Vérifiez la clé, ses droits" in page.text
    assert admin.send("/setup", "/setup/read", page="/setup").headers["location"] == "/setup?step=check"
    assert "stores" not in Path("connector.toml").read_text(encoding="utf-8")

    again = words(admin.get("/setup?step=shopify"))
    assert 'value="petite-boutique.myshopify.com"' in again
    assert "Déjà saisi" in again
    page = ask(admin, address="https://admin.shopify.com/store/petite-boutique/orders")
    assert "La boutique répond" in page.text
    assert "EUR, Europe/Paris" in page.text
    assert "C'est prêt" in read(admin)
    file = Path("connector.toml")
    written = file.read_text(encoding="utf-8")
    assert written.startswith('# à moi\nlanguage = "fr"\n')
    assert "pull = '1h' # souvent" in written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert dashboard.workspace.settings.stores["boutique"].options()["token"] == TOKEN
    with dashboard.engine.connect() as connection:
        assert totals(connection).orders == len(shop.shop.orders)
    said = "".join(capfd.readouterr())
    for secret in (TOKEN, WRONG):
        assert secret not in said + str(page.url)
        assert not any(
            secret in admin.get(place).text for place in ("/setup?step=shopify", "/setup?step=check", "/settings")
        )


def test_a_shop_that_withholds_something_is_told_with_the_remedy_and_can_be_asked_again(
    admin: Browser, shop: FakeShopify
) -> None:
    shop.scopes.discard("read_orders")
    page = words(ask(admin))
    assert "Il manque encore quelque chose" in page
    assert "Les commandes ne peuvent pas être lues. Donnez à l'application l'autorisation read_orders" in page
    assert "Enregistrer et lire" not in page
    shop.scopes.add("read_orders")
    assert "La boutique répond" in read(admin, "/setup/check")


FORMS: list[tuple[dict[str, str], str]] = [
        ({"name": "Ma boutique"}, "'Ma boutique' ne peut pas nommer une boutique. Commencez par une minuscule"),
        ({"address": " "}, "Il manque l'adresse de la boutique."),
        ({"address": "boutique.example"}, "Write it as name.myshopify.com|n'est pas l'adresse"),
        ({"client_id": "abc", "token": ""}, "Il manque une clé."),
        ({"platform": "woocommerce", "address": "x.example"}, "Il manque une clé."),
        ({"platform": "woocommerce", "address": "http://x.example", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
         "est en simple http"),
        ({"platform": "woocommerce", "address": "x.example", "consumer_key": "cs_1", "consumer_secret": "ck_1"},
         "exchanged|échangés|inversés"),
]  # fmt: skip


def test_what_cannot_be_used_is_said_at_the_form_which_keeps_the_rest(admin: Browser) -> None:
    for fields, said in FORMS:
        page = ask(admin, **fields)
        assert page.url.params["step"] == fields.get("platform", "shopify")
        assert any(one in words(page) for one in said.split("|")), words(page)
        assert 'role="alert"' in page.text
        assert f'value="{fields.get("name", "boutique")}"' in page.text
    assert not Path("connector.toml").exists()


def test_the_file_names_the_database_that_the_service_was_started_with(
    dashboard: Dashboard,
    admin: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    dashboard.workspace.settings = load()
    request.getfixturevalue("shop")
    ask(admin)
    read(admin)
    assert load().database == f"sqlite:///{tmp_path / 'connector.db'}"


def test_files_are_for_administrators_with_a_form_of_ours(dashboard: Dashboard, admin: Browser) -> None:
    viewer = dashboard.user("Vic", "viewer")
    refused = [
        send(viewer, "orders.csv", OTHER.encode(), key=viewer.key("/people")),
        send(admin, "orders.csv", OTHER.encode(), key="forged"),
        send(admin, "orders.csv", OTHER.encode(), first="file"),
        post(admin, OTHER.encode(), **{"Content-Type": "text/csv"}),
        post(admin, b"--limit--\r\n"),
        post(admin, b"", Origin="https://evil.example"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 6
    assert waiting() == []
    stranger = dashboard.browser()
    assert post(stranger, b"").headers["location"].startswith("/login")


def test_a_file_may_be_larger_than_any_other_form_but_not_without_end(admin: Browser) -> None:
    large = OTHER.encode() + b"1;client@example.fr;01/03/2026;1,00\n" * (LARGEST // 30)
    assert len(large) > LARGEST
    assert send(admin, "orders.csv", large).status_code == 303
    assert Path("connector.db.uploads/orders.csv").read_bytes() == large
    assert stat.S_IMODE(Path("connector.db.uploads/orders.csv").stat().st_mode) == 0o600
    around = {"Content-Length": str(LARGEST_FILE + 1000)}  # of the largest file, with what its form adds
    assert post(admin, b"", **around).status_code == 403  # as a form without a key
    assert post(admin, b"", **{"Content-Length": str(LARGEST_FILE + LARGEST + 1)}).status_code == 413
    headers = {"Origin": BASE, "Content-Length": str(LARGEST + 1)}
    assert admin.client.post("/setup/import", headers=headers).status_code == 413


def test_a_file_that_does_not_come_whole_is_not_kept(admin: Browser) -> None:
    key = f'--limit\r\nContent-Disposition: form-data; name="key"\r\n\r\n{admin.key("/setup")}\r\n'.encode()
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\n\r\n'
    for cut in (b"", b"--lim", b"\r\n--limit"):
        assert post(admin, key + head + OTHER.encode()[:200] + cut).status_code == 422
        assert waiting() == []


FILES: list[tuple[str, bytes, str, str]] = [
        ("ventes.xlsx", b"PK\x03\x04" + b"x" * 99, "ventes.xlsx est un classeur Excel",
         "enregistrez-le en CSV (UTF-8)"),
        ("vide.csv", b"", "vide.csv est vide.", "Exportez-le de nouveau."),
        ("en-tete.csv", b"id,email,date,total\n", "a un en-tête et aucune ligne.", "Exportez-le de nouveau."),
        ("binaire.csv", b"\x00\x01\x02" * 300, "binaire.csv n'est pas un fichier texte.", "Exportez-le en CSV"),
        ("liste.csv", b"email\na@example.fr\n", "liste.csv n'a qu'une colonne.", "des points-virgules"),
        ("", b"", "Aucun fichier n'a été choisi.", "Choisissez un fichier CSV"),
        ("../../etc/<b>.csv", b"", "_b_.csv est vide.", "Exportez-le"),
]  # fmt: skip


def test_a_file_that_is_none_is_said_with_what_to_do_and_not_kept(admin: Browser) -> None:
    for name, content, said, remedy in FILES:
        page = drop(admin, name, content)
        assert said in page
        assert remedy in page
        assert waiting() == []
        assert "Déposez votre export" in page


def test_an_export_without_addresses_is_refused_and_a_whole_one_is_recognised_and_read(
    dashboard: Dashboard, admin: Browser, tmp_path: Path
) -> None:
    shop = small_shop()
    shop_exports.write_orders(shop, tmp_path / "orders_export.csv")
    whole = (tmp_path / "orders_export.csv").read_bytes()
    assert "n'a pas de colonne d'adresses e-mail" in drop(admin, "orders.csv", whole.replace(b"Email", b"Post"))
    page = drop(admin, "orders_export.csv", whole)
    assert "orders_export.csv est reconnu : commandes exportées de Shopify." in page
    assert 'name="is_email"' not in page
    assert f'value="{shop.currency}"' in page
    assert f'value="{assumed.zone()}"' in page
    fields = {"store": "boutique", "money": "EUR", "timezone": "Europe/Paris"}
    for wrong, said in ((("money", "euros"), "'EUROS' n'est pas une devise."), (("timezone", "Paris"), "fuseau")):
        assert said in read(admin, "/setup/import", **{**fields, wrong[0]: wrong[1]})
        assert waiting() == ["orders_export.csv"]
    assert "C'est prêt" in read(admin, "/setup/import", **fields)
    assert waiting() == []
    with dashboard.engine.connect() as connection:
        assert totals(connection).orders == len(shop.orders)


def test_the_columns_of_any_other_file_are_guessed_chosen_and_read(dashboard: Dashboard, admin: Browser) -> None:
    page = drop(admin, "ventes.csv", OTHER.encode("cp1252"))
    for word, column in (("email", "Courriel"), ("placed_at", "Date"), ("total", "Montant TTC")):
        field = page.partition(f'name="is_{word}"')[2].partition("</select>")[0]
        assert f'<option value="{column}" selected>' in field
    for wrong, said in (
        ({"is_email": ""}, "Aucune colonne ne dit qui a acheté. Choisissez la colonne des adresses e-mail"),
        ({"is_placed_at": ""}, "Aucune colonne ne dit quand."),
        ({"is_total": ""}, "Aucune colonne ne dit combien."),
        ({"is_order": "Courriel"}, "La colonne 'Courriel' est choisie deux fois."),
        ({"is_total": "Autre"}, "ventes.csv n'a pas de colonne 'Autre'"),
        ({"is_placed_at": "Courriel", "is_email": "Réf"}, "ne contient pas des dates"),
    ):
        assert said in read(admin, "/setup/import", **{**RIGHT, **wrong}), wrong
        assert waiting() == ["ventes.csv"]
    assert "Revoir les colonnes" in admin.get("/setup?step=reading").text
    assert "C'est prêt" in read(admin, "/setup/import", **RIGHT)
    with dashboard.engine.connect() as connection:
        assert (totals(connection).orders, totals(connection).people) == (30, 5)

    page = drop(admin, "ventes.csv", OTHER.encode("utf-16"))
    assert 'name="money"' not in page  # the store is known now
    assert "C'est prêt" in read(admin, "/setup/import", **{**RIGHT, "money": "", "timezone": ""})
    with dashboard.engine.connect() as connection:
        assert totals(connection).orders == 30


def test_a_file_can_be_taken_back_and_another_takes_its_place(admin: Browser) -> None:
    drop(admin, "one.csv", OTHER.encode())
    drop(admin, "two.csv", OTHER.encode())
    assert waiting() == ["two.csv"]
    assert admin.send("/setup", "/setup/drop", page="/setup").headers["location"] == "/setup?step=file"
    assert waiting() == []
    assert "Bienvenue" in admin.get("/setup?step=columns").text
    assert admin.send("/setup", "/setup/import", page="/setup").headers["location"] == "/setup?step=file"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\Ada\\ventes été.csv", "ventes été.csv"),
        ("../../connector.toml", "connector.toml"),
        ("..", "export.csv"),
        ("\x00\n", "_"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_a_file_is_kept_under_a_name_of_its_own(sent: str, kept: str) -> None:
    assert named(sent) == kept
