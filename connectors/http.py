"""The one HTTP client: waiting, trying again, and turning answers into our errors.

What is asked again, after which wait, and which error a status is, is decided here for every platform. A platform
says beside it only what a refusal of its own means for one address, and goes on with a long file where it was cut.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import structlog

from connector.errors import AuthenticationError, PermanentError, RecordError, RetryableError, SettingsError
from connectors.elements import reason, whole
from connectors.line import Line
from connectors.pace import Pace

log = structlog.get_logger(__name__)

TRIES = 12
"""At 30 % failing answers a request fails for good once in 0.3^12, that is in two million."""
LONGEST_WAIT = 60.0
LONGEST_RETRY_AFTER = 300.0
"""A platform that asks for more is left alone until the next run."""
TIMEOUT = (10.0, 120.0)
BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""What becomes of an answer on the way: none, or one cut short."""
USER_AGENT = f"lifecycle-connector/{version('lifecycle-connector')}"


class Client:
    """A session with one platform. `sleep` and `clock`, in seconds, are the caller's, so that a test never waits.

    `ca` is the path of an authority to trust beside the system's own, for a server on this machine. `per_second`
    requests are the most that the platform is sent; without it, as many as it answers. `secrets` are blotted out of
    what a platform says of a refusal: a firewall, or a plugin, may repeat what it was asked with.
    """

    def __init__(
        self,
        *,
        auth: requests.auth.AuthBase | tuple[str, str] | None = None,
        secrets: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        ca: str | None = None,
        tries: int = TRIES,
        per_second: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = requests.Session()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, Line(lambda: self.clock()))  # noqa: PLW0108 - by the clock that it has then
        self.session.trust_env = False  # a .netrc or a proxy variable must not decide which secrets go where
        self.session.auth = auth
        self.session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})})
        self._secrets: list[bytes] = []
        self.keep_to_itself(*secrets)
        if isinstance(auth, tuple):
            self.keep_to_itself(base64.b64encode(":".join(auth).encode()).decode())
        self.ca = ca
        self.tries = tries
        self.timeout = TIMEOUT
        self.requests = 0  # sent so far
        self.sleep = sleep
        self.clock = clock
        self.pace = Pace(per_second, sleep=sleep, clock=clock)

    def keep_to_itself(self, *secrets: str) -> None:
        """Have these texts, too, in no error."""
        self._secrets += [secret.encode() for secret in secrets]

    def send(  # noqa: PLR0913 - a request has that many parts
        self,
        method: str,
        url: str,
        *,
        params: Any = None,  # noqa: ANN401 - as requests takes it
        json: object | None = None,
        data: Any = None,  # noqa: ANN401
        files: Any = None,  # noqa: ANN401
        headers: Mapping[str, str] | None = None,
        auth: Any = None,  # noqa: ANN401
        stream: bool = False,
        again: Callable[[requests.Response], float | None] | None = None,
    ) -> requests.Response:
        """The answer, once it is a success; an error of ours otherwise.

        `again` looks at a successful answer and returns the seconds to wait before the same request is sent again
        (a throttle inside a 200, a body cut short), or None when the answer is good.
        """
        failure: RetryableError | None = None
        for attempt in range(self.tries):
            if failure is not None:
                wait = failure.retry_after if failure.retry_after is not None else _backoff(attempt)
                if wait > LONGEST_RETRY_AFTER:
                    raise failure
                log.info("waiting", seconds=round(wait, 1), reason=failure.message, host=urlsplit(url).netloc)
                self.sleep(wait)
            self.pace.wait()
            self.requests += 1
            try:
                response = self.session.request(
                    method,
                    url,
                    params=params,
                    json=json,
                    data=data,
                    files=files,
                    headers=headers,
                    auth=auth,
                    stream=True,
                    timeout=self.timeout,
                    verify=self.ca or True,
                    allow_redirects=False,
                )
                if not stream:
                    response.content  # noqa: B018 - it is read here, where what goes wrong with that is known
                self._note(response)
                _raise_for_status(response, self._secrets)
                wait_again = again(response) if again else None
            except requests.exceptions.SSLError as error:
                raise PermanentError(
                    f"The certificate of {urlsplit(url).netloc} is not trusted.",
                    remedy="Renew it, or name its authority with `ca`.",
                ) from error
            except BROKEN as error:
                failure = RetryableError(
                    f"{urlsplit(url).netloc} did not answer ({type(error).__name__}).", remedy="Try again later."
                )
            except RetryableError as error:
                failure = error
            else:
                if wait_again is None:
                    return response
                failure = RetryableError(f"{urlsplit(url).netloc} asks to wait.", retry_after=wait_again)
        raise failure or RetryableError(f"{urlsplit(url).netloc} did not answer.")

    def _note(self, response: requests.Response) -> None:
        if response.status_code == requests.codes.too_many_requests:
            self.pace.caution.refused()
        else:
            self.pace.caution.granted()

    def json(self, method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - what JSON holds
        """The decoded body of the answer; an answer that is not whole JSON is asked for again."""
        again = options.pop("again", None)
        decoded: list[Any] = []

        def check(response: requests.Response) -> float | None:
            decoded.clear()
            decoded.append(decode(response))
            return again(response) if again else None

        self.send(method, url, again=check, **options)
        return decoded[0]


def decode(response: requests.Response) -> Any:  # noqa: ANN401
    """The JSON of an answer; RetryableError where it is cut or is a page for people, RecordError where it never is."""
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError) as error:
        if whole(response.content):  # asking again brings the same
            raise RecordError(reason(response.content, error)) from error
        what = "a page of HTML" if response.content.lstrip()[:1] == b"<" else "something that is not JSON"
        raise RetryableError(
            f"{urlsplit(response.url).netloc} answered with {what}.",
            remedy="A maintenance page, a firewall or a PHP warning may stand in front of the shop's API.",
        ) from error


def loopback_only(endpoint: str) -> str:
    """`endpoint` without its last slash, if it is an address of this machine; SettingsError otherwise."""
    host = urlsplit(endpoint).hostname or ""
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise SettingsError(
            f"endpoint = {host or '…'} is not on this machine.",
            remedy="`endpoint` is for a server on 127.0.0.1; leave it out to talk to the real platform.",
        )
    return endpoint.rstrip("/")


def _backoff(attempt: int) -> float:
    """Seconds before the n-th further try: doubling from half a second, with jitter so that clients do not march."""
    return float(min(LONGEST_WAIT, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.75, 1.25))


def _raise_for_status(response: requests.Response, secrets: Iterable[bytes]) -> None:
    status = response.status_code
    if status < 300:
        return
    body = response.content  # read to its end, also where it was to be streamed: the connection is free again
    for secret in secrets:
        body = body.replace(secret, b"***")
    where = f"{urlsplit(response.url).netloc} answered {status}"
    if status in {408, 425, 429, 430} or status >= 500:
        raise RetryableError(f"{where}.", retry_after=_retry_after(response))
    detail = f"{where}: {_explanation(body)}"
    if status in {401, 403}:
        if not body.strip() and status == 403:  # Mailchimp's way of saying 429 at very high volume
            raise RetryableError(f"{where} with nothing in it.")
        refusal = HTTPError(detail, status=status, body=body)
        raise AuthenticationError(
            detail, remedy="Check the key, its permissions and the address of the shop."
        ) from refusal
    if status < 400:
        raise PermanentError(
            f"{where} and points elsewhere.", remedy="Write the address exactly as the shop itself has it (https, www)."
        )
    raise HTTPError(detail, status=status, body=body)


class HTTPError(PermanentError):
    """A refusal of this very request: `status` and the raw `body` say which, for callers that can tell more."""

    def __init__(self, message: str, *, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(response.headers["Date"])
    except (TypeError, ValueError, KeyError):
        return None
    return max(0.0, (until - sent).total_seconds())


def _explanation(content: bytes) -> str:
    """The platform's own words where it has some, never more than a line."""
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return "no reason given"
    if isinstance(body, dict):
        for key in ("message", "detail", "error_description", "errors", "error", "title"):
            if body.get(key):
                return str(body[key])[:300]
    return str(body)[:300]
