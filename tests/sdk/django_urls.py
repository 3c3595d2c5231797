"""The Django app's one route."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path

from tests.sdk.apps import work


def do(_request: HttpRequest, what: str) -> JsonResponse:
    return JsonResponse(work(what))


urlpatterns = [path("do/<str:what>", do)]
