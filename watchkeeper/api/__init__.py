"""The engine's HTTP surface: JSON API, compatible APIs, health, own metrics, pages."""

from watchkeeper.api.http import engine_app
from watchkeeper.api.rooms import AddressBook, AddressFacts, ApiOptions, Rooms

__all__ = ["AddressBook", "AddressFacts", "ApiOptions", "Rooms", "engine_app"]
