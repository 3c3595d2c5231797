"""What is for sale."""

import functools
import re

from shop import db

PRICES = {"sku-1": 100}


def price_of(sku):
    return PRICES[sku]


def parse_quantity(text):
    return int(text)


def search(words):
    return db.execute("SELECT * FROM products WHERE name = ?", (words,))


def tree(node, depth=0):
    children = node["children"]
    return [tree(child, depth + 1) for child in children]


def pattern(text):
    return re.compile(text)


@functools.lru_cache
def cached_prices(skus):
    return [PRICES[sku] for sku in skus]


def cheapest(skus):
    return min(map(lambda sku: PRICES[sku], skus))


def listed(skus):
    return {sku: PRICES[sku]["amount"] for sku in skus if sku in PRICES}
