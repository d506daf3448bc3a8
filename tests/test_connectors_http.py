"""The shared HTTP client against a server that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest
import requests

from connector.errors import AuthenticationError, PermanentError, RetryableError, SettingsError
from connectors.http import LONGEST_WAIT, Client, HTTPError, loopback_only
from connectors.line import STRETCH
from sync.demo.server import Answer, FakeServer, Request
from tests.contract import Clock

GOOD = Answer.of({"fine": True})


class Scripted(FakeServer):
    """Gives its answers in their order, then the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.answers = list(answers)

    def answer(self, request: Request) -> tuple[Answer, bool]:
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]), False


@pytest.fixture
def servers() -> Iterator[list[Scripted]]:
    started: list[Scripted] = []
    yield started
    for server in started:
        server.close()


def serve(servers: list[Scripted], *answers: Answer) -> Scripted:
    server = Scripted(*answers).start()
    servers.append(server)
    return server


class Sleeper:
    """Notes what it was asked to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert len(self.slept) < 100, "it never gives up"


@pytest.mark.parametrize(
    "bad",
    [
        Answer(500),
        Answer(502, b"<html>Bad Gateway</html>"),
        Answer(503),
        Answer(408),
        Answer(425),
        Answer(429),
        Answer(430),
        Answer(reset=True),
        Answer(403),  # with nothing in it: a refusal always says why
        Answer(200, b'{"fine": tr'),
        Answer(200, b'{"fine": true}', cut=6),
        Answer(200, b"\x1f\x8b no gzip", {"Content-Encoding": "gzip"}),
        Answer(200, b"<!doctype html><title>Maintenance</title>"),
    ],
)
def test_a_passing_failure_is_tried_again(servers: list[Scripted], bad: Answer) -> None:
    server = serve(servers, bad, bad, GOOD)
    sleeper = Sleeper()
    assert Client(sleep=sleeper).json("GET", f"{server.url}/x") == {"fine": True}
    assert len(server.ledger) == 3
    assert len(sleeper.slept) == 2


@pytest.mark.parametrize("drip", ["head", "body"])
def test_an_answer_that_only_drips_is_given_up_and_asked_for_again(
    servers: list[Scripted], drip: Literal["head", "body"]
) -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    server = serve(servers, replace(Answer.of({"fine": True}), drip=drip), GOOD)

    def late() -> float:  # each byte comes long before a socket would give up
        clock.move(seconds=STRETCH / 4 if len(server.ledger) == 1 else 0)
        return clock.timestamp()

    assert Client(sleep=clock.sleep, clock=late).json("GET", server.url) == {"fine": True}
    assert len(server.ledger) == 2


def test_an_answer_that_takes_its_time_to_begin_is_waited_for(servers: list[Scripted]) -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    looks = iter([0.0, 0.0])  # before the first request, and before its answer begins
    server = serve(servers, GOOD)
    assert Client(sleep=clock.sleep, clock=lambda: next(looks, STRETCH * 1.5)).json("GET", server.url)
    assert len(server.ledger) == 1


def test_an_answer_that_never_comes_is_asked_for_again(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(hang=True), GOOD)
    client = Client(sleep=Sleeper())
    client.timeout = (10.0, 0.3)
    assert client.json("GET", server.url) == {"fine": True}


def test_what_arrives_slowly_but_arrives_is_waited_for(servers: list[Scripted]) -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    server = serve(servers, Answer(200, b'"' + b"x" * 2_000_000 + b'"'))

    def slow() -> float:
        clock.move(seconds=STRETCH / 20)  # with each piece of some eight thousand bytes
        return clock.timestamp()

    assert len(Client(sleep=clock.sleep, clock=slow).send("GET", server.url).content) == 2_000_002


def test_connections_are_used_again(servers: list[Scripted]) -> None:
    server = serve(servers, GOOD)
    client = Client(sleep=Sleeper())
    ports = set()
    for _ in range(3):
        client.json("GET", server.url)
        ports.add(len(server.connections))
    assert ports == {1}


def test_waits_double_up_to_a_minute(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(500))
    sleeper = Sleeper()
    with pytest.raises(RetryableError):
        Client(sleep=sleeper).send("GET", server.url)
    assert len(server.ledger) == 12
    assert sleeper.slept[0] < 1
    assert 40 < sleeper.slept[-1] <= LONGEST_WAIT * 1.25


def test_retry_after_is_obeyed_in_seconds(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(429, headers={"Retry-After": "7"}), GOOD)
    sleeper = Sleeper()
    Client(sleep=sleeper).send("GET", server.url)
    assert sleeper.slept == [7.0]


def test_retry_after_is_obeyed_beyond_a_minute(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(429, headers={"Retry-After": "240"}), GOOD)
    sleeper = Sleeper()
    Client(sleep=sleeper).send("GET", server.url)
    assert sleeper.slept == [240.0]


def test_retry_after_that_says_now_is_obeyed(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(429, headers={"Retry-After": "0"}), GOOD)
    sleeper = Sleeper()
    Client(sleep=sleeper).send("GET", server.url)
    assert sleeper.slept == [0.0]


def test_retry_after_as_a_date_is_left_to_the_next_run_where_it_is_far(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(503, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}), GOOD)
    sleeper = Sleeper()
    with pytest.raises(RetryableError) as caught:
        Client(sleep=sleeper).send("GET", server.url)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 365 * 86_400
    assert sleeper.slept == []  # too long to wait here: the next run will


def test_a_retry_after_that_makes_no_sense_is_left_aside(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(503, headers={"Retry-After": "soon"}), GOOD)
    sleeper = Sleeper()
    Client(sleep=sleeper).send("GET", server.url)
    assert sleeper.slept[0] < 1


def test_a_page_for_people_that_stays_is_told_as_one(servers: list[Scripted]) -> None:
    server = serve(servers, Answer(200, b"<html>Maintenance</html>"))
    with pytest.raises(RetryableError, match="a page of HTML") as caught:
        Client(tries=2, sleep=Sleeper()).json("GET", server.url)
    assert "firewall" in caught.value.remedy


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(servers: list[Scripted], status: int) -> None:
    server = serve(servers, Answer(status, headers={"Location": "/elsewhere"}), GOOD)
    with pytest.raises(PermanentError, match="points elsewhere"):
        Client(sleep=Sleeper()).send("GET", f"{server.url}/here")
    assert [entry.request.path for entry in server.ledger] == ["/here"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again(servers: list[Scripted], status: int) -> None:
    server = serve(servers, Answer.of({"message": "no such key"}, status))
    with pytest.raises(AuthenticationError, match="no such key"):
        Client(sleep=Sleeper()).send("GET", server.url)
    assert len(server.ledger) == 1


def test_another_refusal_keeps_its_status_and_its_body(servers: list[Scripted]) -> None:
    server = serve(servers, Answer.of({"detail": "This resource does not exist."}, 404))
    with pytest.raises(HTTPError, match="does not exist") as caught:
        Client(sleep=Sleeper()).send("GET", server.url)
    assert caught.value.status == 404
    assert b"does not exist" in caught.value.body
    assert len(server.ledger) == 1


def test_a_caller_can_ask_for_the_same_request_again(servers: list[Scripted]) -> None:
    server = serve(servers, Answer.of({"state": "throttled"}), GOOD)
    sleeper = Sleeper()

    def again(response: requests.Response) -> float | None:
        return 3.0 if b"throttled" in response.content else None

    assert Client(sleep=sleeper).json("POST", server.url, json={"a": 1}, again=again) == {"fine": True}
    assert sleeper.slept == [3.0]
    assert [entry.request.json() for entry in server.ledger] == [{"a": 1}, {"a": 1}]


def test_a_server_that_is_not_there_fails_after_all_tries() -> None:
    server = Scripted(GOOD).start()
    url = server.url
    server.close()
    sleeper = Sleeper()
    with pytest.raises(RetryableError, match="did not answer"):
        Client(tries=3, sleep=sleeper).send("GET", url)
    assert len(sleeper.slept) == 2


def test_the_environment_decides_nothing(servers: list[Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(servers, GOOD)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Client(sleep=Sleeper()).json("GET", server.url) == {"fine": True}


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8000/", "https://localhost:1", "http://[::1]:9"])
def test_an_endpoint_of_this_machine_is_taken(endpoint: str) -> None:
    assert loopback_only(endpoint) == endpoint.rstrip("/")


@pytest.mark.parametrize(
    "endpoint",
    ["https://example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@example.com", "127.0.0.1:80", ""],
)
def test_any_other_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError):
        loopback_only(endpoint)
