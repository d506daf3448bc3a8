"""JSON taken apart by its brackets: what cannot be read is put aside, and nothing else is changed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import RecordError
from connectors.elements import member, mended, raw, readable, reason, storable, whole

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},:é\n\u2028'),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(alphabet='x"]{'), inside, max_size=3),
    max_leaves=8,
)
BAD = [b"NaN", b'{"a": Infinity}', rb'{"a": "\ud800"}', b"[" * 5000 + b"]" * 5000, b'{"id": 7, "v": -NaN}', b"01"]


@given(st.lists(VALUES, max_size=5), st.sampled_from(BAD), st.integers(0, 5))
def test_only_what_cannot_be_read_is_put_into_quotes(values: list[Any], bad: bytes, place: int) -> None:
    rows = [json.dumps(value).encode() for value in values]
    rows.insert(place, bad)
    body = b'{"data": {"found": {"other": [1, {"nodes": []}], "nodes": [' + b", ".join(rows) + b']}}, "more": [{}]}'
    found = mended(body, "data", "found", "nodes")
    assert found is not None
    nodes = msgspec.json.decode(found)["data"]["found"]["nodes"]
    assert nodes.pop(min(place, len(values))) == bad.decode()
    assert nodes == values


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_an_answer_that_is_cut_is_not_whole(values: list[Any], data: st.DataObject) -> None:
    body = json.dumps(values).encode()
    assert whole(body)
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    assert not whole(cut)
    assert mended(cut) is None


def test_a_page_for_people_is_not_whole() -> None:
    assert not whole(b"<html>{}</html>")
    assert not whole(b"<b>Warning</b> [1]")


def test_a_list_that_is_not_there_cannot_be_mended() -> None:
    assert mended(b'{"data": {"found": null}}', "data", "found", "nodes") is None
    assert mended(b'{"errors": [NaN]}', "data", "found", "nodes") is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": "gid://shopify/Order/7", "x": NaN}', "gid://shopify/Order/7"),
        (b'{"customer": {"id": 3}, "x": [{"id": 4}], "id": 7}', "7"),
        (b'{"name": "\\"id\\": 5", "id" : 7 , "x": 1}', "7"),
        (b'{"id": [1]}', None),
        (b'{"id": null}', None),
        (b'{"id": ' + b"9" * 5000 + b"}", None),
        (b'{"name": "id"}', None),
        (b"[1]", None),
        (b"", None),
    ],
)
def test_an_id_is_found_in_what_cannot_be_read(body: bytes, found: str | None) -> None:
    assert member(body, "id") == found


def test_what_was_put_into_quotes_comes_out_as_it_was_sent() -> None:
    sent = rb'{"id": 7, "city": "\ud83d \"x\""}'
    body = mended(b"[" + sent + b"]")
    assert body is not None
    (element,) = msgspec.json.decode(body, type=list[msgspec.Raw])
    assert raw(bytes(element)) == sent.decode()
    assert not readable(bytes(element))
    assert "not JSON" in reason(bytes(element), ValueError("expected an object, got a text"))


def test_a_nul_is_told_from_text_that_looks_like_one() -> None:
    storable(rb'{"a": "\\u0000"}', b'{"a": "\xc3\xa9"}')
    with pytest.raises(RecordError, match="NUL"):
        storable(rb'{"a": "\\\u0000"}')
