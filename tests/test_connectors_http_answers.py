"""What each answer of a platform means for the caller, answer by answer."""

from __future__ import annotations

import pytest
import responses

from connector.errors import AuthenticationError, PermanentError, RetryableError
from connectors.http import Client, HTTPError

URL = "https://shop.example/api"


def client(tries: int = 1) -> Client:
    return Client(tries=tries, sleep=lambda _seconds: None)


@responses.activate
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, HTTPError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, HTTPError),
        (301, PermanentError),
        (408, RetryableError),
        (429, RetryableError),
        (430, RetryableError),
        (500, RetryableError),
        (503, RetryableError),
    ],
)
def test_a_status_is_an_error_named_for_what_to_do_next(status: int, error: type[Exception]) -> None:
    responses.get(URL, status=status, json={"message": "no"})

    with pytest.raises(error, match=r"shop\.example"):
        client().send("GET", URL)


@responses.activate
def test_the_platforms_own_words_are_in_the_sentence() -> None:
    responses.post(URL, status=400, json={"title": "Invalid Resource", "detail": "Blank e-mail."})

    with pytest.raises(HTTPError, match=r"Blank e-mail\.") as refused:
        client().json("POST", URL, json={})
    assert refused.value.status == 400


@responses.activate
def test_an_empty_403_is_a_busy_platform_and_not_a_bad_key() -> None:
    responses.get(URL, status=403, body=b"")

    with pytest.raises(RetryableError):
        client().send("GET", URL)


@responses.activate
def test_what_fails_once_is_asked_for_again() -> None:
    responses.get(URL, status=502)
    responses.get(URL, body=b'{"half": ')
    responses.get(URL, json={"whole": True})

    assert client(tries=3).json("GET", URL) == {"whole": True}
    assert len(responses.calls) == 3


@responses.activate
def test_our_name_is_on_every_request_and_no_key_of_another_host() -> None:
    responses.get(URL, json={})

    client().json("GET", URL)

    sent = responses.calls[0].request
    assert sent.headers["User-Agent"].startswith("lifecycle-connector/")
    assert "Authorization" not in sent.headers
