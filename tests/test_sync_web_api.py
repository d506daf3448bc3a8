"""The JSON API keeps to its own description, whatever it is asked and by whom, and writes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connector.database import open_database, path
from sync.web.access.gate import HEALTH
from tests.contract import small_shop
from tests.dashboard_world import BASE, Dashboard, fill

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""Status, media type and body are among those that the description names."""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A small shop with a plan that waits."""
    engine = open_database(str(tmp_path_factory.mktemp("api") / "connector.db"))
    fill(engine, small_shop())
    yield Dashboard(engine)
    engine.dispose()


def askers(dashboard: Dashboard, tag: int) -> dict[str, TestClient]:
    """An administrator's program, a viewer's, and somebody with no token at all."""
    return {
        "admin": dashboard.token(f"robot {tag}", "admin"),
        "viewer": dashboard.token(f"reader {tag}", "viewer"),
        "stranger": dashboard.browser().client,
    }


@pytest.mark.parametrize("cases", [300, pytest.param(10_000, marks=pytest.mark.full)])
def test_each_answer_is_one_that_the_description_names(dashboard: Dashboard, cases: int) -> None:
    """Drawn from the description itself: what fits it, and what does not."""
    described = schemathesis.openapi.from_dict(dashboard.app.openapi())
    found = list(described.get_all_operations())
    known = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(known) == len(found) > 15
    asked = st.one_of(*(one.as_strategy(mode) for one in known for mode in GenerationMode))
    who = askers(dashboard, cases)
    file = path(dashboard.engine)
    assert file is not None
    seen: set[tuple[str, int]] = set()
    with closing(sqlite3.connect(file)) as beside:
        before = written(beside, file)

        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=asked, role=st.sampled_from(list(who)))
        def hold(case: Case[Any], role: str) -> None:
            request = case.as_transport_kwargs(base_url=BASE)
            try:
                answer = who[role].get(request["url"], params=request["params"], follow_redirects=False)
            except httpx.InvalidURL:  # longer than any server reads
                reject()
            seen.add((role, answer.status_code))
            assert answer.status_code < 500, answer.text
            if role == "stranger" and case.path != HEALTH:
                assert answer.status_code in {401, 403}
            case.validate_response(answer, checks=CHECKS)
            assert written(beside, file) == before

        hold()
    assert {("admin", 200), ("admin", 400), ("admin", 404), ("admin", 422), ("viewer", 200), ("stranger", 401)} <= seen


def written(beside: sqlite3.Connection, file: Path) -> tuple[int, str]:
    """What differs once anybody wrote into the database: SQLite's own count, and the journal's bytes."""
    journal = file.with_name(f"{file.name}-wal")
    digest = hashlib.sha256(file.read_bytes() + (journal.read_bytes() if journal.exists() else b"")).hexdigest()
    return beside.execute("PRAGMA data_version").fetchone()[0], digest
