"""The webhooks command: what the shops are asked to tell the service, and whether they do."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

from connector.source import Subscription, Webhooks
from sync.inbox import Inbox
from sync.language.told import sentence
from sync.language.voice import Voice, emit, voice
from sync.tasks.webhooks import ours, shops
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
