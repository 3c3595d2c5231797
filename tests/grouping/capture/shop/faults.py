"""What goes wrong, by name: the same fault with other data for each `n`.

A fault is what people fix once, wherever it is called from. Some share every frame and differ only
in the line that raises; some share a helper that many call.
"""

import asyncio
import logging
import threading
import uuid

import sentry_sdk
from shop import catalog, mailer, orders, payments

log = logging.getLogger("shop")

RAISING = {
    "missing_price": lambda n: (catalog.price_of, f"sku-{n + 1000}"),
    "bad_quantity": lambda n: (catalog.parse_quantity, f"{n} pieces"),
    "no_table": lambda n: (catalog.search, f"shoe {n}"),
    "no_children": lambda n: (catalog.tree, {"children": [{"children": [{"leaf": n}]}]}),
    "bad_pattern": lambda n: (catalog.pattern, "(" * (n % 5 + 1)),
    "unhashable": lambda n: (catalog.cached_prices, [f"sku-{n}"]),
    "no_cheapest": lambda n: (catalog.cheapest, [f"none-{n}"]),
    "price_is_a_number": lambda n: (catalog.listed, ["sku-1"]),
    "no_orders": lambda n: (orders.average, []),
    "no_amount": lambda n: (orders.total, [{"amount": n}, {"amount": None}]),
    "bad_json": lambda n: (orders.load, "{" + "x" * n),
    "no_user": lambda n: (orders.insert, None),
    "order_without_price": lambda n: (orders.place, f"sku-{n + 500}", n),
    "order_without_account": lambda n: (orders.place, "sku-1", None),
    "unpaid_shipped": lambda n: (orders.ship, {"id": n, "paid": False}),
    "shipped_nowhere": lambda n: (orders.ship, {"id": n, "paid": True, "address": None}),
    "unpaid_refunded": lambda n: (orders.refund, {"id": n, "paid": False}),
    "no_lock": lambda n: (orders.lock, []),
    "no_funds": lambda n: (payments.charge, {"id": n + 4000, "balance": 1}),
    "expired_card": lambda n: (payments.charge, {"id": n, "balance": 50, "expired": True}),
    "gateway_down": lambda n: (payments.charge, {"id": n, "balance": 50, "expired": False}),
    "stock_down": lambda n: (payments.stock, f"sku-{n}"),
    "rates_down": lambda n: (payments.rates, f"EUR{n}"),
    "capture_failed": lambda n: (payments.capture, 5000 + n),
    "void_failed": lambda n: (payments.void, 5000 + n),
    "nobody_greeted": lambda n: (mailer.greeting, None),
    "bytes_not_text": lambda n: (mailer.decode, b"\xff" + bytes([n % 100])),
    "template_missing": lambda n: (mailer.template, f"/nowhere/{uuid.uuid4()}.txt"),
    "bad_attachment": lambda n: (mailer.attachment, "a" * (n % 3 * 4 + 1)),
    "bad_amount": lambda n: (mailer.amount, f"{n},50 EUR"),
    "bad_address": lambda n: (mailer.Letter, f"person-{n}"),
    "no_locale": lambda n: (mailer.footer, object()),
    "bad_field_type": lambda n: (mailer.validated, {"to": n}),
    "missing_field": lambda n: (mailer.validated, {"cc": n}),
}


def slow_upstream(n):
    async def wait():
        await asyncio.wait_for(asyncio.sleep(5), timeout=0.001)

    asyncio.run(wait())


def in_a_thread(n):
    def work():
        try:
            orders.average([])
        except ZeroDivisionError:
            sentry_sdk.capture_exception()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def login_failed(n):
    log.error("user %s failed to log in from %s", n, f"10.0.0.{n}")


def quota_reached(n):
    log.error("user %s reached the quota of %s files", n, n * 10)


def disk_full(n):
    log.error(f"disk is {80 + n % 20}% full on node-{n}.example.com")


def queue_long(n):
    log.error(f"queue holds {n * 1000} jobs since 2026-11-{n % 28 + 1:02d}T10:00:00Z")


def told_plainly(n):
    sentry_sdk.capture_message(f"Import {uuid.uuid4()} took {n}.{n} s", level="error")


def told_otherwise(n):
    sentry_sdk.capture_message(f"Export {uuid.uuid4()} took {n}.{n} s", level="error")


TELLING = (
    slow_upstream, in_a_thread, login_failed, quota_reached, disk_full, queue_long, told_plainly,
    told_otherwise,
)  # fmt: skip
FAULTS = {**RAISING, **{fault.__name__: lambda n, fault=fault: (fault, n) for fault in TELLING}}
