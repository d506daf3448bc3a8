"""The audit of a file: the dashboard's figures without settings, as one page that stands alone; nothing is kept."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.database import connect, path, sqlite_file
from connector.settings import Settings
from sync import assumed
from sync.demo.boutique import boutique
from tests.browser_world import COLOURS, WIDTHS, chromium, window
from tests.command_line import Answer, CommandLine
from tests.contract import Clock
from tests.dashboard_world import Dashboard
from tests.shop_exports import write_customers, write_orders

NOW = "2026-07-14T10:00:00+00:00"
NAME = "Mes commandes d'été n°1 (export).csv"
PARIS = ("--timezone", "Europe/Paris")


@dataclass(frozen=True)
class World:
    """A merchant's folder with the shop's exports, and what the audit of them wrote."""

    line: CommandLine
    french: Answer
    english: Answer
    data: dict[str, Any]

    def page(self, name: str) -> str:
        return (self.line.folder / name).read_text(encoding="utf-8")

    def audit(self, *arguments: str, file: str = NAME) -> Answer:
        return self.line.within("audit", file, *PARIS, *arguments)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("audit") / "Bureau de Zoé"
    folder.mkdir()
    shop = boutique(date(2026, 6, 29), people=120)
    write_orders(shop, folder / NAME)
    write_customers(shop, folder / "clients.csv")
    line = CommandLine(folder, NOW)
    french = line.within("audit", NAME, *PARIS, "--language", "fr", "--html", "rapport.html")
    english = line.within("audit", NAME, *PARIS, "--customers", "clients.csv", "--html", "report.html")
    return World(line, french, english, line.ask("audit", NAME, *PARIS, "--json").last)


def written(world: World, name: str, *rows: tuple[str, ...]) -> str:
    with (world.line.folder / name).open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(rows)
    return name


def test_a_browser_shows_the_file_soundly_light_and_dark_on_any_screen(world: World) -> None:
    """Nothing said in the console, nobody asked, nothing to scroll sideways, nothing serious for axe-core."""
    with chromium() as browser:
        for name in ("rapport.html", "report.html"):
            with window(browser, width="phone") as seen:
                page = seen.open((world.line.folder / name).resolve().as_uri())
                for width in WIDTHS:
                    for colours in COLOURS:
                        seen.wear(width, colours)
                        assert seen.fits(), (name, width, colours)
                        if (width == "desk") == (colours == "light") == (name == "rapport.html"):
                            assert seen.faults() == [], (name, width, colours)
                assert page.locator(".plot path").count() > 5
                page.emulate_media(media="print")
                assert page.locator(".plot").first.is_visible()
                assert (seen.said, seen.hosts) == ([], {""})


@pytest.mark.parametrize("name", ["rapport.html", "report.html"])
def test_the_page_stands_alone(world: World, name: str) -> None:
    page = world.page(name)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert style
    assert policy
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy[1].replace("&#39;", "'")
    assert policy[1].startswith("default-src")
    assert not re.search(r"<script|<form|<iframe|<link(?![^>]*data:)|\ssrc=|\sstyle=|url\(|@import|https?:", page)
    assert {found[:5] for found in re.findall(r'href="([^"]*)"', page)} == {"data:"}
    assert len(page.encode()) < 300_000


def test_the_page_names_nobody(world: World) -> None:
    with (world.line.folder / "clients.csv").open(encoding="utf-8") as text:
        people = list(csv.DictReader(text))
    for name in ("rapport.html", "report.html"):
        page = world.page(name)
        assert "@" not in page.replace("@media", "").replace("@import", "")
        assert not any(f"{one['First Name']} {one['Last Name']}" in page for one in people)


def test_each_page_speaks_its_language(world: World) -> None:
    french, english = world.page("rapport.html"), world.page("report.html")
    assert '<html lang="fr">' in french
    assert '<html lang="en">' in english
    for said, other in (("Où en sont vos clients", "Where your customers stand"), ("À décider", "To decide")):
        assert said in french
        assert said not in english
        assert other in english
        assert other not in french
    assert "Rien n&#39;en est connu. Un export de commandes ne contient pas les paniers abandonnés." in french
    assert world.french.out.startswith("Rapport écrit : file:///")
    assert world.english.out.startswith("The report is written: file:///")
    assert "Bureau%20de%20Zo%C3%A9/rapport.html" in world.french.out


def test_the_figures_are_those_of_the_dashboard_on_the_same_file(world: World, tmp_path: Path) -> None:
    evening = datetime.fromisoformat(f"{world.data['last']}T23:59:59").replace(tzinfo=ZoneInfo("Europe/Paris"))
    line = CommandLine(tmp_path, evening.isoformat())
    line.ask("import", str(world.line.folder / NAME), "--currency", "EUR", *PARIS)
    engine = connect(str(line.database))
    program = Dashboard(engine, Settings(stores={}), Clock(evening)).token("reader", "viewer")
    for name in ("week", "priorities"):
        told = program.get(f"/api/v1/{name}", headers={"Accept-Language": "en"}).json()
        said = world.data[name]
        assert {key: value for key, value in said.items() if key != "turns"} == {
            key: value for key, value in told.items() if key != "turns"
        }
    engine.dispose()
    assert world.data["week"]["as_of"] == world.data["last"]
    assert world.data["report"] is None
    page = world.page("report.html")
    assert all(f">{stage['label']}<" in page for stage in world.data["week"]["stages"])


def test_the_terminal_has_the_sentence_the_stages_and_what_the_file_leaves_unsaid(world: World) -> None:
    told = world.audit("--language", "fr")
    assert told.code == 0
    assert told.out.startswith(f"{NAME} · ")
    assert "juin 2026" in told.out
    assert re.search(r"Votre base compte \d+ personnes, dont", told.out)
    assert re.search(r"Fidèle +\d+ +[\d,]+\u00a0%", told.out)
    assert "ne connaît que ceux qui ont commandé" in told.out
    assert world.audit("--language", "en").out.count("people in your base") == 1


def test_a_past_day_is_told_as_it_was(world: World) -> None:
    then = world.audit("--as-of", "2025-12-31", "--json").last
    days = dict(zip(world.data["week"]["chart"]["along"], zip(*_bands(world.data), strict=True), strict=True))
    day = next(day for day in days if day >= "2025-12-31")
    assert then["week"]["as_of"] == "2025-12-31"
    assert abs(sum(stage["people"] for stage in then["week"]["stages"]) - sum(days[day])) <= 12


def _bands(data: dict[str, Any]) -> list[list[int]]:
    return [series["values"] for series in data["week"]["chart"]["series"]]


def test_the_export_of_customers_tells_prospects_and_who_can_be_reached_but_not_since_when(world: World) -> None:
    both = world.audit("--customers", "clients.csv", "--json").last
    assert both["week"]["people"] == 120 > world.data["week"]["people"]
    assert all(card["reach"] for card in both["week"]["decisions"])
    assert not any(card["reach"] for card in world.data["week"]["decisions"])
    prospects, *others = both["week"]["stages"]
    assert (prospects["week"], prospects["month"], prospects["quarter"]) == (None, None, None)
    assert all(stage["month"] is not None for stage in others)
    assert "since when" in both["doubts"][0]["told"]


def test_a_plain_file_is_read_by_a_mapping_and_what_it_leaves_open_is_said(world: World) -> None:
    rows = [("client", "jour", "montant"), *((f"c{n % 7}", f"{n % 28 + 1}/06/2026", f"{n},50") for n in range(40))]
    file, mapping = "<b>simple & 'co'.csv", ("--map", "customer=client,placed_at=jour,total=montant")
    written(world, file, *rows, ("c1", "bientôt", "3,00"))
    found = world.audit(*mapping, "--json", file=file).last
    doubts = " ".join(doubt["told"] for doubt in found["doubts"])
    assert (found["orders"], found["net"]["currency"], found["last"]) == (40, assumed.CURRENCY, "2026-06-28")
    assert found["timezone"] == assumed.zone() != "UTC"
    assert "names no currency: euros are assumed" in doubts
    assert "Left out: 1 unreadable line." in doubts
    said = world.audit(*mapping, "--currency", "chf", "--json", "--html", "simple.html", file=file)
    assert said.last["report"] == str((world.line.folder / "simple.html").resolve())
    assert "&lt;b&gt;simple &amp; &#39;co&#39;.csv" in world.page("simple.html")
    assert "<b>simple" not in world.page("simple.html")
    assert said.last["net"]["currency"] == "CHF"
    assert "euros" not in " ".join(doubt["told"] for doubt in said.last["doubts"])


def test_nothing_is_kept_but_the_report(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(world.line.folder.iterdir())
    answer = world.line.process("audit", NAME, "--language", "fr", "--html", "autre.html")
    assert answer.code == 0, answer.err
    report = world.line.folder / "autre.html"
    assert sorted([*before, report]) == sorted(world.line.folder.iterdir())
    assert list(tmp_path.iterdir()) == []
    assert report.stat().st_mode & 0o077 == 0
    report.unlink()


WRONG: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "missing": ("nulle part.csv", "There is no file", "n'existe pas", ()),
    "folder": (".", "is a folder", "est un dossier", ()),
    "empty": ("vide.csv", "is empty", "est vide", ()),
    "workbook": ("commandes.xlsx", "is an Excel workbook", "est un classeur Excel", ()),
    "strange": ("strange.csv", "is no export that is known", "n'est pas un export connu", ()),
    "customers": ("clients.csv", "is an export of customers", "est un export de clients", ()),
    "header": ("entete.csv", "holds no orders", "ne contient aucune commande", ()),
    "undated": ("sans date.csv", "No order of", "Aucune commande de", ("--map", "customer=a,placed_at=b,total=c")),
    "tomorrow": (
        "demain.csv",
        "which has not come yet",
        "n'est pas encore venu",
        ("--map", "customer=a,placed_at=b,total=c"),
    ),
    "orders twice": (NAME, "is no export of customers", "n'est pas un export de clients", ("--customers", NAME)),
    "itself": (NAME, "is the file that is read", "est le fichier à lire", ("--html", f"./{NAME}")),
    "no page": (NAME, "would be no page", "ne serait pas une page", ("--html", "rapport.pdf")),
    "no folder": (NAME, "There is no folder", "Le dossier", ("--html", "rien/rapport.html")),
    "a folder": (NAME, "is a folder", "est un dossier", ("--html", "dossier.html")),
    "future": (NAME, "has not come yet", "n'est pas encore venu", ("--as-of", "2026-12-01")),
    "too early": (NAME, "lies before the first order", "précède la première commande", ("--as-of", "2001-01-01")),
    "no day": (NAME, "is not a day", "n'est pas un jour", ("--as-of", "demain")),
    "no zone": (NAME, "is not a time zone", "n'est pas un fuseau", ("--timezone", "Paris")),
    "no currency": (NAME, "is not a currency", "n'est pas une devise", ("--currency", "euro")),
}


@pytest.fixture(scope="module")
def spoilt(world: World) -> World:
    folder = world.line.folder
    (folder / "vide.csv").write_bytes(b"")
    (folder / "commandes.xlsx").write_bytes(b"PK\x03\x04\x14\x00\x06\x00" + bytes(300))
    (folder / "dossier.html").mkdir()
    written(world, "strange.csv", ("a", "b", "c"), ("1", "2", "3"))
    written(world, "sans date.csv", ("a", "b", "c"), *((f"x{n}", "", "3.00") for n in range(30)))
    written(world, "demain.csv", ("a", "b", "c"), ("x", "2031-01-01", "3.00"))
    head = (folder / NAME).read_text(encoding="utf-8").partition("\n")[0]
    (folder / "entete.csv").write_text(head + "\n", encoding="utf-8")
    return world


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_with_a_remedy_in_either_language(spoilt: World, case: str) -> None:
    file, english, french, options = WRONG[case]
    before = sorted(spoilt.line.folder.rglob("*"))
    language, said = (("en", english), ("fr", french))[list(WRONG).index(case) % 2]
    answer = spoilt.audit("--language", language, *options, file=file)
    sentence, remedy = answer.err.rstrip("\n").split("\n")
    assert (answer.code, answer.out) == (1, "")
    assert said in sentence
    assert remedy.endswith((".", "FILE", "FICHIER", "'"))
    assert sorted(spoilt.line.folder.rglob("*")) == before


def test_a_report_stays_whole_where_the_next_one_fails(spoilt: World) -> None:
    report = spoilt.line.folder / "vieux.html"
    report.write_text("mon rapport", encoding="utf-8")
    assert spoilt.audit("--html", "vieux.html", file="entete.csv").code == 1
    assert report.read_text(encoding="utf-8") == "mon rapport"
    assert not list(spoilt.line.folder.glob(".*"))


@pytest.mark.parametrize(
    "file",
    [
        PureWindowsPath(r"C:\Users\Zoé Müller\Mes commandes\100 % sûr?#1.db"),
        PureWindowsPath(r"\\serveur\partage\été\base.db"),
        PurePosixPath("/Users/zoé/Library/Application Support/l'été #1?mode=ro%20.db"),
    ],
)
def test_the_address_of_a_database_keeps_any_path_as_it_is(file: PurePath) -> None:
    engine = connect(str(file))
    assert sqlite_file(file).database == engine.url.database == str(file)
    assert (engine.url.query, engine.url.host) == ({}, None)
    assert str(path(engine)) == str(file)


WINDOWS = """
import os, subprocess, sys, types, warnings
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
windows = types.ModuleType("msvcrt")
windows.LK_NBLCK = 2
windows.locking = lambda descriptor, mode, count: os.lockf(descriptor, os.F_TLOCK, count)
sys.modules["msvcrt"] = windows
warnings.filterwarnings("error", category=EncodingWarning, module="(connectors?|sync)[.]")
sys.argv = ["connector", *sys.argv[1:]]
from sync.cli import main
main()
"""


def test_it_needs_nothing_that_windows_lacks(world: World) -> None:
    """No module of POSIX alone, no encoding that the system chooses; the lock is taken by the system's own call."""
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", WINDOWS, "audit", NAME, "--json"],
        cwd=world.line.folder,
        env=world.line.environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["orders"] == world.data["orders"]
