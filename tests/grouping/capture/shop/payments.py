"""Money, and the services that move it."""

from shop import client


class PaymentDeclined(Exception):
    pass


class GatewayFailed(Exception):
    pass


def charge(card):
    if card["balance"] < 10:
        raise PaymentDeclined(f"card {card['id']} has insufficient funds")
    if card["expired"]:
        raise PaymentDeclined(f"card {card['id']} is expired")
    return client.post("http://127.0.0.1:9/charge")


def stock(sku):
    return client.get(f"http://127.0.0.1:9/stock/{sku}")


def rates(currency):
    return client.get(f"http://127.0.0.1:9/rates/{currency}")


def fail(code):
    raise GatewayFailed(f"gateway said {code}")


def capture(code):
    return fail(code)


def void(code):
    return fail(code)
