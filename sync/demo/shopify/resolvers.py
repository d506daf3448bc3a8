"""What each field at the root of the fake's schema answers, and the mutations that it has. All others are refused."""

# ruff: noqa: ANN401 - a field's arguments are whatever the schema gives it

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32
from zoneinfo import ZoneInfo

from graphql import GraphQLError, GraphQLResolveInfo

from connector.money import major_units
from sync.demo.shop import ShopCustomer, ShopOrder
from sync.demo.shopify import bulk
from sync.demo.shopify.schema import arguments, checked, is_mutation, operation_of, root_fields
from sync.demo.shopify.search import Getter, search
from sync.demo.shopify.segments import Finder, lifetime
from sync.demo.shopify.views import View, Views, customer_view, financial_status, money, page, product_view, time
from sync.demo.webhooks import Hook

if TYPE_CHECKING:
    from sync.demo.shopify.fake import FakeShopify

VISIBLE = timedelta(days=60)
MOST_TAGS, LONGEST_TAG = 250, 255
MOST_IDS = 250
MOST_MEMBERS = 1000
COUNT_LIMIT = 10_000
MUTATIONS = {
    "tagsAdd",
    "tagsRemove",
    "stagedUploadsCreate",
    "bulkOperationRunQuery",
    "bulkOperationRunMutation",
    "webhookSubscriptionCreate",
    "webhookSubscriptionDelete",
}
SORT_FIELDS = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "PROCESSED_AT": "placed_at"}

ORDER_FIELDS: dict[str, Getter] = {
    "id": lambda order: order.id,
    "created_at": lambda order: order.placed_at,
    "processed_at": lambda order: order.placed_at,
    "updated_at": lambda order: order.updated_at,
    "customer_id": lambda order: order.customer_id or 0,
    "test": lambda order: order.test,
    "financial_status": financial_status,
    "source_name": lambda order: order.channel,
    "email": lambda order: order.email or "",
}
CHECKOUT_FIELDS: dict[str, Getter] = {
    "id": lambda checkout: checkout.id,
    "created_at": lambda checkout: checkout.created_at,
    "updated_at": lambda checkout: checkout.updated_at,
}


class Root:
    """The root of the schema: a query's fields and the few mutations, all under the vendor's names."""

    def __init__(self, fake: FakeShopify) -> None:
        self.fake = fake
        self.views = Views(fake.shop)
        zone = ZoneInfo(fake.shop.timezone)
        self.customer_fields: dict[str, Getter] = {
            "id": lambda customer: customer.id,
            "email": lambda customer: customer.email or "",
            "created_at": lambda customer: customer.created_at,
            "updated_at": lambda customer: _whole_day(customer.updated_at, zone),  # the schema says "a whole day"
        }

    # queries

    def shop(self, _info: GraphQLResolveInfo[Any]) -> View:
        """The Shop."""
        shop = self.fake.shop
        oldest = min((customer.created_at for customer in shop.customers.values()), default=self.fake.now())
        return {
            "id": f"gid://shopify/Shop/{crc32(shop.domain.encode())}",
            "name": shop.name,
            "myshopifyDomain": shop.domain,
            "createdAt": time(min([oldest, *(order.placed_at for order in shop.orders.values())])),
            "currencyCode": shop.currency,
            "ianaTimezone": shop.timezone,
        }

    def currentAppInstallation(self, _info: GraphQLResolveInfo[Any]) -> View:
        """The scopes that were granted."""
        return {"accessScopes": [{"handle": scope} for scope in sorted(self.fake.scopes)]}

    def customers(self, info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """Customers, filtered and sorted."""
        self.fake.need("read_customers", "customers")
        return self._list(info, given, self.visible_customers(), self.customer_fields, customer_view)

    def orders(self, info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """Orders, filtered and sorted."""
        self.fake.need("read_orders", "orders")
        return self._list(info, given, self.visible_orders(), ORDER_FIELDS, self.views.order)

    def abandonedCheckouts(self, info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """Abandoned checkouts, recovered ones too."""
        self.fake.need("read_orders", "abandonedCheckouts")
        checkouts = self.fake.shop.checkouts.values()
        return self._list(info, given, checkouts, CHECKOUT_FIELDS, self.views.checkout)

    def customersCount(self, info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """How many customers a search finds."""
        self.fake.need("read_customers", "customersCount")
        return self._count(info, given, self.visible_customers(), self.customer_fields)

    def ordersCount(self, info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """How many orders a search finds."""
        self.fake.need("read_orders", "ordersCount")
        return self._count(info, given, self.visible_orders(), ORDER_FIELDS)

    def customerSegmentMembers(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """Whom a rule finds, by what Shopify itself counts; its days are in UTC unless a zone is named."""
        self.fake.need("read_customers", "customerSegmentMembers")
        finder = Finder(self.fake.shop, self.visible_orders(), self.fake.now(), given.get("timezone") or "UTC")
        found = finder.find(given["query"], self.visible_customers())
        counted = {one.id: lifetime(finder.of(one)) for one in found}
        currency = self.fake.shop.currency

        def member(one: ShopCustomer) -> View:
            orders, spent = counted[one.id]
            shown = {**customer_view(one), "__typename": "CustomerSegmentMember"}
            return {**shown, "numberOfOrders": str(orders), "amountSpent": money(spent, currency)["shopMoney"]}

        total = float(major_units(sum(spent for _, spent in counted.values()), currency))
        statistic = {"sum": total, "average": total / max(1, len(found))}
        return {
            **page([((one.id,), one) for one in found], given, member, MOST_MEMBERS),
            "totalCount": len(found),
            "statistics": {"attributeStatistics": lambda _info, attributeName: statistic},  # noqa: N803, ARG005
        }

    def order(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View | None:
        """One order."""
        number = _number(given["id"], "Order")
        return next((self.views.order(order) for order in self.visible_orders() if order.id == number), None)

    def customer(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View | None:
        """One customer."""
        self.fake.need("read_customers", "customer")
        found = self._customer(given["id"])
        return None if found is None else customer_view(found)

    def webhookSubscriptions(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """The webhooks of this app."""
        hooks = sorted(self.fake.courier.hooks.values(), key=lambda hook: hook.id)
        return page([((hook.id, hook.id), hook) for hook in hooks], given, _hook_view)

    def nodes(self, _info: GraphQLResolveInfo[Any], **given: Any) -> list[View | None]:
        """Customers and products by gid; null for what is not there."""
        if len(given["ids"]) > MOST_IDS:
            raise GraphQLError(f"The input array size of {len(given['ids'])} is greater than {MOST_IDS}.")
        return [self._node(gid) for gid in given["ids"]]

    def bulkOperation(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View | None:
        """An operation, one step further than when any was last asked for: all go on, those nobody asks for too."""
        for operation in self.fake.operations.values():
            operation.advance(self.fake.now())
        asked = self.fake.operations.get(_number(given["id"], "BulkOperation"))
        return None if asked is None else asked.view(self.fake.url)

    # mutations

    def tagsAdd(self, _info: GraphQLResolveInfo[Any] | None, **given: Any) -> View:
        """Tags more; those that are there, whatever their case, are left as they are."""
        self.fake.need("write_customers", "tagsAdd")
        customer = self._customer(given["id"])
        if customer is None:
            return _refused(["id"], "Customer does not exist")
        new = {tag.casefold(): tag.strip() for tag in given["tags"]}
        for tag in customer.tags:
            new.pop(tag.casefold(), None)
        if any("," in tag or not tag or len(tag) > LONGEST_TAG for tag in new.values()):
            return _refused(["tags"], f"A tag has no comma and at most {LONGEST_TAG} characters.")
        if len(customer.tags) + len(new) > MOST_TAGS:
            return _refused(["tags"], f"A customer cannot have more than {MOST_TAGS} tags.")
        self._retag(customer, customer.tags | set(new.values()))
        return {"node": customer_view(customer), "userErrors": []}

    def tagsRemove(self, _info: GraphQLResolveInfo[Any] | None, **given: Any) -> View:
        """Tags fewer, whatever their case."""
        self.fake.need("write_customers", "tagsRemove")
        customer = self._customer(given["id"])
        if customer is None:
            return _refused(["id"], "Customer does not exist")
        gone = {tag.strip().casefold() for tag in given["tags"]}
        self._retag(customer, {tag for tag in customer.tags if tag.casefold() not in gone})
        return {"node": customer_view(customer), "userErrors": []}

    def stagedUploadsCreate(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """A place to upload each file of variables to."""
        targets = []
        for item in given["input"]:
            if item["resource"] != "BULK_MUTATION_VARIABLES" or item["mimeType"] != "text/jsonl":
                raise GraphQLError("This fake takes variables of bulk mutations only.")
            targets.append(self.fake.stage(item["filename"]))
        return {"stagedTargets": targets, "userErrors": []}

    def bulkOperationRunQuery(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """A new operation, unless the document breaks a rule or all places are taken."""
        if given.get("groupObjects") and self.fake.grouping == "refused":
            raise GraphQLError("Field 'bulkOperationRunQuery' doesn't accept argument 'groupObjects'")
        if wrong := bulk.complaint(given["query"]):
            return _not_started(wrong, "INVALID")
        document, _ = checked(given["query"])
        assert document is not None
        (field,) = root_fields(document)
        wanted = bulk.plan(operation_of(document).selection_set, document).connections[0][1]
        grouped = bool(given.get("groupObjects")) and self.fake.grouping != "ignored"
        views = {"orders": self._order_views, "customers": self._customer_views}[field.name.value]
        keep, _ = search(arguments(field, {}).get("query"), ORDER_FIELDS)
        return self.fake.begin("QUERY", given["query"], lambda: bulk.result(views(keep), wanted, grouped=grouped))

    def bulkOperationRunMutation(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """A new operation over an uploaded file; consent cannot be reached this way either."""
        document, errors = checked(given["mutation"])
        if document is None or errors or not is_mutation(document) or len(root_fields(document)) != 1:
            return _not_started("The mutation is not one valid mutation.", "INVALID_MUTATION")
        self.fake.guard(document)
        if given["stagedUploadPath"] not in self.fake.staged:
            return _not_started("The JSONL file could not be found.", "NO_SUCH_FILE")
        lines = self.fake.staged[given["stagedUploadPath"]]
        mutations: dict[str, Callable[..., View]] = {"tagsAdd": self.tagsAdd, "tagsRemove": self.tagsRemove}
        run = bulk.run_lines(given["mutation"], lines, lambda name, values: mutations[name](None, **values))
        return self.fake.begin("MUTATION", given["mutation"], run)

    def webhookSubscriptionCreate(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """A new subscription, once for each topic and address; its deliveries are signed with the app's secret."""
        topic, webhook = given["topic"], given["webhookSubscription"]
        address = webhook["uri"]
        hooks = self.fake.courier.hooks.values()
        if any((hook.topic, hook.address) == (topic, address) for hook in hooks):
            return _no_hook("Address for this topic has already been taken")
        if not address.startswith(("https://", "http://127.0.0.1")):  # the tests' own service has no certificate
            return _no_hook("Address protocol http:// is not supported")
        made = self.fake.courier.add(topic, address, self.fake.app_secret, webhook.get("includeFields"))
        return {"webhookSubscription": _hook_view(made), "userErrors": []}

    def webhookSubscriptionDelete(self, _info: GraphQLResolveInfo[Any], **given: Any) -> View:
        """A subscription less."""
        gone = self.fake.courier.hooks.pop(_number(given["id"], "WebhookSubscription"), None)
        if gone is None:
            words = "Webhook subscription does not exist"
            return {"deletedWebhookSubscriptionId": None, "userErrors": [{"field": ["id"], "message": words}]}
        return {"deletedWebhookSubscriptionId": given["id"], "userErrors": []}

    # the shop behind it

    def visible_customers(self) -> list[ShopCustomer]:
        """Those that still exist."""
        return [customer for customer in self.fake.shop.customers.values() if not customer.deleted]

    def visible_orders(self) -> list[ShopOrder]:
        """Those that the app may see: without read_all_orders, the last 60 days."""
        oldest = None if "read_all_orders" in self.fake.scopes else self.fake.now() - VISIBLE
        orders = (order for order in self.fake.shop.orders.values() if order.status not in {"draft", "trash"})
        return [order for order in orders if oldest is None or order.placed_at >= oldest]

    def _order_views(self, keep: Callable[[Any], bool]) -> Iterable[View]:
        found = sorted(filter(keep, self.visible_orders()), key=lambda order: (order.updated_at, order.id))
        return map(self.views.order, found)

    def _customer_views(self, _keep: Callable[[Any], bool]) -> Iterable[View]:
        return map(customer_view, sorted(self.visible_customers(), key=lambda item: (item.updated_at, item.id)))

    def _list(
        self,
        info: GraphQLResolveInfo[Any],
        given: Mapping[str, Any],
        things: Iterable[Any],
        fields: Mapping[str, Getter],
        view: Callable[[Any], View],
    ) -> View:
        keep = self._search(info, given, fields)
        attribute = SORT_FIELDS.get(given.get("sortKey") or "", "id")
        keyed = sorted(((_sortable(getattr(thing, attribute)), thing.id), thing) for thing in things if keep(thing))
        return page(keyed, given, view)

    def _count(
        self,
        info: GraphQLResolveInfo[Any],
        given: Mapping[str, Any],
        things: Iterable[Any],
        fields: Mapping[str, Getter],
    ) -> View:
        keep = self._search(info, given, fields)
        count = sum(1 for thing in things if keep(thing))
        limit = given.get("limit", COUNT_LIMIT)
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    def _search(
        self, info: GraphQLResolveInfo[Any], given: Mapping[str, Any], fields: Mapping[str, Getter]
    ) -> Callable[[Any], bool]:
        keep, warnings = search(given.get("query"), fields)
        if warnings:
            self.fake.warnings.append({"path": info.path.as_list(), "query": given["query"], "warnings": warnings})
        return keep

    def _node(self, gid: str) -> View | None:
        kind = gid.rpartition("/")[0].rpartition("/")[2]
        if kind == "Customer":
            self.fake.need("read_customers", "nodes")
            customer = self._customer(gid)
            return None if customer is None else customer_view(customer)
        self.fake.need("read_products", "nodes")
        product = self.fake.shop.products.get(_number(gid, "Product"))
        return None if product is None else product_view(product)

    def _customer(self, gid: str) -> ShopCustomer | None:
        customer = self.fake.shop.customers.get(_number(gid, "Customer"))
        return None if customer is None or customer.deleted else customer

    def _retag(self, customer: ShopCustomer, tags: set[str]) -> None:
        if tags != customer.tags:
            customer.tags = tags
            customer.updated_at = self.fake.now()


def _hook_view(hook: Hook) -> View:
    return {"id": f"gid://shopify/WebhookSubscription/{hook.id}", "topic": hook.topic, "uri": hook.address}


def _no_hook(message: str) -> View:
    return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription"], "message": message}]}


def _number(gid: str, kind: str) -> int:
    prefix, _, number = gid.rpartition("/")
    if prefix != f"gid://shopify/{kind}" or not number.isdecimal():
        raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "INVALID_ID"})
    return int(number)


def _refused(field: list[str], message: str) -> View:
    return {"node": None, "userErrors": [{"field": field, "message": message}]}


def _not_started(message: str, code: str) -> View:
    return {"bulkOperation": None, "userErrors": [{"field": None, "message": message, "code": code}]}


def _whole_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _sortable(value: Any) -> Any:
    """A value that a JSON cursor can hold."""
    return value.timestamp() if isinstance(value, datetime) else value
