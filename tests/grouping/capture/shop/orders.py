"""Orders and what is computed of them."""

import json

from shop import catalog, db


class OrderFailed(Exception):
    pass


def average(orders):
    return sum(orders) / len(orders)


def total(lines):
    amount = 0
    for line in lines:
        amount += line["amount"]
    return amount


def load(text):
    return json.loads(text)


def insert(user_id):
    return db.execute("INSERT INTO orders (user_id) VALUES (?)", (user_id,))


def place(sku, user_id):
    try:
        amount = catalog.price_of(sku)
    except KeyError as error:
        raise OrderFailed(f"no price for {sku}") from error
    try:
        insert(user_id)
    except Exception as error:
        raise OrderFailed(f"user {user_id} has no account") from error
    return amount


def ship(order):
    assert order["paid"], f"order {order['id']} is not paid"
    return order["address"]["street"]


def refund(order):
    assert order["paid"], f"order {order['id']} cannot be refunded"
    return -order["amount"]


def lock(order_ids):
    return sorted(order_ids)[0]
