"""Calls of other services."""

from urllib.request import Request, urlopen


def get(url):
    return urlopen(url, timeout=1).read()


def post(url):
    return urlopen(Request(url, data=b"{}"), timeout=1).read()
