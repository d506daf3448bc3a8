"""What rules can ask: each attribute and each function's parameter, with the kind of value it is compared with.

Attributes that are worked out of measures and calibrated figures stand in `derived.py`: an entry there is all it takes.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.query.derived import DERIVED
from connector.query.measures import Graded, Kind

ATTRIBUTES: Mapping[str, Kind] = {
    "number_of_orders": Kind.COUNT,
    "purchase_days": Kind.COUNT,  # distinct shop-local days with an order
    "days_since_last_order": Kind.COUNT,
    "first_order_date": Kind.DATE,
    "last_order_date": Kind.DATE,
    "customer_added_date": Kind.DATE,
    "amount_spent": Kind.MONEY,  # net of refunds
    "amount_spent_gross": Kind.MONEY,
    **{name: Kind.COUNT if isinstance(entry, Graded) else entry.kind for name, entry in DERIVED.items()},
}

FUNCTIONS: Mapping[str, Mapping[str, Kind]] = {
    "orders_placed": {
        "date": Kind.DATE,
        "amount": Kind.MONEY,  # of each order, net of refunds
        "count": Kind.COUNT,
        "days": Kind.COUNT,
        "sum_amount": Kind.MONEY,
    },
}
