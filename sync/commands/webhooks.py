"""The webhooks command: what the shops are asked to tell the service, and whether they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import typer

import connectors
from connector.errors import SettingsError
from connector.settings import StoreSettings
from connector.source import Problem, Source, Subscription, Webhooks
from sync.inbox import Inbox
from sync.told import sentence
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace

Action = Literal["install", "status", "remove"]


def run(config: Path | None, database: str | None, action: Action, store: str | None, *, as_json: bool) -> None:
    """Install, list or remove the webhooks of one store, or of all."""
    workspace = open_workspace(config, database, existing=action == "status")
    say = voice(workspace.settings, quiet=as_json)
    works = True
    for key, address, platform in shops(workspace, store):
        if action == "install":
            topics = platform.install(address)
            say.say(
                f"{key} : {say.count(len(topics), 'webhook ajouté ou relancé', 'webhooks ajoutés ou relancés')}.",
                f"{key}: {say.count(len(topics), 'webhook', 'webhooks')} added.",
            )
        elif action == "remove":
            topics = platform.remove(address)
            say.say(
                f"{key} : {say.count(len(topics), 'webhook retiré', 'webhooks retirés')}.",
                f"{key}: {say.count(len(topics), 'webhook', 'webhooks')} removed.",
            )
        if action != "remove":
            works &= _status(say, key, address, platform, as_json=as_json)
    if action == "status":
        _tell_requests(workspace, say, as_json=as_json)
        if not works:
            raise typer.Exit(1)


def _tell_requests(workspace: Workspace, say: Voice, *, as_json: bool) -> None:
    """Tell which privacy requests of Shopify's wait."""
    for request in Inbox(workspace.engine).requests():
        day, asked = f"{request.received_at:%Y-%m-%d}", request.asked
        if as_json:
            emit({"store": request.store, "request": asked.kind, "customer": asked.customer_id, "received": day})
        say.say(
            f"  ! {request.store} : demande « {asked.kind} » du {say.day(day)}, client {asked.customer_id or 'tous'} : "
            "30 jours pour y répondre (`connector export`, `connector erase`).",
            f"  ! {request.store}: request {asked.kind!r} of {say.day(day)}, customer {asked.customer_id or 'all'}: "
            "30 days to act on it (`connector export`, `connector erase`).",
        )


def broken(workspace: Workspace, key: str, settings: StoreSettings, source: Source) -> list[Problem]:
    """What keeps a store's webhooks from being called, where the settings say that they are wanted."""
    public, secrets = workspace.settings.serve.public_url, settings.webhook_secrets
    if public is None or not secrets:
        return []
    address = f"{public}/webhooks/{key}"
    found = ours(connectors.webhooks(settings.platform, source=source, secret=secrets[0]), address)
    return [Problem(f"Webhook {one.topic}: {one.problem}", one.remedy) for one in found if one.problem]


def shops(workspace: Workspace, only: str | None) -> Iterator[tuple[str, str, Webhooks]]:
    """Each store with the address of its webhooks; SettingsError where something is missing for them."""
    public = _public(workspace)
    for key, settings, source in workspace.sources(only):
        secrets = settings.webhook_secrets
        if not secrets:
            raise SettingsError(
                f"Store {key!r} has no webhook_secret, so nothing that it tells could be believed.",
                remedy="Write webhook_secret; at Shopify it is the app's client secret, at WooCommerce any long text.",
            )
        yield key, f"{public}/webhooks/{key}", connectors.webhooks(settings.platform, source=source, secret=secrets[0])


def _public(workspace: Workspace) -> str:
    """The address under which shops reach the service; SettingsError where there is none that they may call."""
    public = workspace.settings.serve.public_url
    if public is None:
        raise SettingsError(
            "The settings do not say under which address shops reach the service.",
            remedy='Write public_url = "https://…" under [serve]; README shows how to put it behind the shop\'s host.',
        )
    parts = urlsplit(public)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise SettingsError(
            f"public_url = {public!r} is plain http: customers' data would travel readable.",
            remedy="Give it a certificate: README has the lines for nginx and for Caddy.",
        )
    return public


def ours(platform: Webhooks, address: str) -> list[Subscription]:
    """The webhooks that call `address`, and for each topic that has none a word that it is missing."""
    found = [one for one in platform.installed() if one.address == address]
    missing = [topic for topic in platform.topics if topic not in {one.topic for one in found}]
    why = "It is not there: never installed, or deleted by the platform after it failed for hours."
    return [*found, *(Subscription("", topic, address, why, "`connector webhooks install`") for topic in missing)]


def _status(say: Voice, key: str, address: str, platform: Webhooks, *, as_json: bool) -> bool:
    """Tell what the platform says of our webhooks; whether all of them are there and called."""
    found = ours(platform, address)
    if as_json:
        webhooks = [{"topic": one.topic, "problem": one.problem, "remedy": one.remedy} for one in found]
        emit({"store": key, "address": address, "webhooks": webhooks})
    say.say(f"{key} : {address}", f"{key}: {address}")
    for one in found:
        _tell(say, one)
    return not any(one.problem for one in found)


def _tell(say: Voice, found: Subscription) -> None:
    problem, remedy = (sentence(text, say.language) for text in (found.problem, found.remedy))
    line = f"  ✗ {found.topic}  {problem} {remedy}" if problem else f"  ✓ {found.topic}"
    say.say(line, line)
