"""The audiences of people who have not ordered yet, each with a shop of people just inside and just outside."""

from __future__ import annotations

from connector.records import ConsentState
from tests.audience_world import Case, bought, cart, joined

PROSPECTS = [
    Case(
        "aud.prospect_new", "known for less than 30 days, without an order",
        {
            "29 days": joined(29),
            "30 days": joined(30),
            "by a cart of 29 days": cart(29),
            "and ordered": joined(5) + bought(4),
            "and orders tomorrow": joined(5) + bought(-1),
            "whose only order was cancelled": bought(5, cancelled=4),
            "whose only order is cancelled tomorrow": bought(5, cancelled=-1),
        },
        {"29 days", "by a cart of 29 days", "and orders tomorrow", "whose only order was cancelled"},
        {"whose only order was cancelled", "whose only order is cancelled tomorrow"},
    ),
    Case(
        "aud.prospect_waiting", "known for 30 to 179 days, without an order",
        {"29 days": joined(29), "30 days": joined(30), "179 days": joined(179), "180 days": joined(180),
         "and ordered": joined(60) + bought(2)},
        {"30 days", "179 days"},
        {"29 days", "30 days"},
    ),
    Case(
        "aud.prospect_old", "known for 180 days or more, without an order",
        {"179 days": joined(179), "180 days": joined(180), "and ordered": joined(300) + bought(2)},
        {"180 days"},
        {"179 days", "180 days"},
    ),
    Case(
        "aud.prospect_newsletter", "subscribed, without an order",
        {
            "yes": joined(9, email=ConsentState.SUBSCRIBED),
            "not confirmed": joined(9, email=ConsentState.PENDING),
            "yes, and ordered": joined(9, email=ConsentState.SUBSCRIBED) + bought(2),
            "yes, and orders tomorrow": joined(9, email=ConsentState.SUBSCRIBED) + bought(-1),
        },
        {"yes", "yes, and orders tomorrow"},
        {"yes"},
    ),
    Case(
        "aud.prospect_account", "an open account, without an order",
        {
            "open": joined(9, state="ENABLED"),
            "invited": joined(9, state="INVITED"),
            "open, and ordered": joined(9, state="ENABLED") + bought(2),
            "open, and orders tomorrow": joined(9, state="ENABLED") + bought(-1),
        },
        {"open", "open, and orders tomorrow"},
        {"open"},
    ),
    Case(
        "aud.prospect_cart", "a cart left open, without an order",
        {
            "open": cart(60),
            "completed": cart(60, completed=59),
            "completed tomorrow": cart(60, completed=-1),
            "open, and ordered": cart(60) + bought(80),
            "open, and orders tomorrow": cart(60) + bought(-1),
            "none": joined(60),
        },
        {"open", "completed tomorrow", "open, and orders tomorrow"},
        {"open"},
    ),
    Case(
        "aud.prospect_tag", "the tag, without an order",
        {
            "the tag": joined(9, tags=("vip", "Salon 2026")),
            "a longer tag": joined(9, tags=("Salon 2026 Paris",)),
            "the tag, and ordered": joined(9, tags=("Salon 2026",)) + bought(2),
            "the tag, and orders tomorrow": joined(9, tags=("Salon 2026",)) + bought(-1),
        },
        {"the tag", "the tag, and orders tomorrow"},
        {"the tag"},
        {"tag": "salon 2026"},
    ),
]  # fmt: skip
