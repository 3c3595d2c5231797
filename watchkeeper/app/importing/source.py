"""Reads a running Prometheus: by remote read, or where that does not answer, by queries."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

import cramjam
import msgspec

from watchkeeper.app.importing.wire import (
    Unreadable,
    is_bare,
    read_request,
    series_message,
    series_of,
)
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import (
    PLAIN_TLS,
    Answer,
    BodyTooLarge,
    Outbound,
    OutboundFailed,
    TlsOptions,
)
from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql import Matcher, MatchOp

_TRIES = 6
_FIRST_PAUSE_S = 0.5
_TIMEOUT_S = 300.0
_MAX_BYTES = 256 * 2**20
_SHORTEST_MS = 1_000
_NOT_THERE = frozenset({404, 405, 501})
_TOO_MUCH = frozenset({400, 413, 422})


class SourceFailed(WatchkeeperError):
    """The server that is read from did not answer as it should."""

    code = "import_source_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAddress:
    """Where to read and as whom. url: user and password may stand in it."""

    url: str
    user: str = ""
    password: str = ""
    bearer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: TlsOptions = PLAIN_TLS

    def plain_url(self) -> str:
        """Without credentials and trailing slash."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")

    def sent_headers(self) -> dict[str, str]:
        """Authorization and what else was asked for."""
        parts = urlsplit(self.url)
        user = self.user or unquote(parts.username or "")
        password = self.password or unquote(parts.password or "")
        sent = dict(self.headers)
        if self.bearer:
            sent["authorization"] = f"Bearer {self.bearer}"
        elif user or password:
            sent["authorization"] = (
                "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
            )
        return sent


class PrometheusSource:
    """Series of one server. Ranges are Unix ms, both ends in."""

    def __init__(
        self,
        outbound: Outbound,
        address: SourceAddress,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outbound, self._address, self._sleep = outbound, address, sleep
        self._url, self._headers = address.plain_url(), address.sent_headers()
        self.reads_remotely: bool | None = None
        self.series_left_out = 0

    async def metric_names(self, match: str, start_ms: int, end_ms: int) -> list[str]:
        """Names of metrics with samples in the range that satisfy a selector, sorted."""
        asked = {"match[]": match, "start": _seconds(start_ms), "end": _seconds(end_ms)}
        found = await self._data(f"label/{METRIC_NAME}/values", asked)
        return sorted(str(name) for name in found)

    async def metadata(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """What each metric is; nothing where the server does not know."""
        answer = await self._asked("GET", f"{self._url}/api/v1/metadata")
        if answer.status in _NOT_THERE:
            return {}
        found: Mapping[str, Sequence[Mapping[str, str]]] = _data_of(answer)
        return found

    async def read(
        self, matchers: Sequence[Matcher], names: Sequence[str], start_ms: int, end_ms: int
    ) -> list[bytes]:
        """TimeSeries messages of these metrics. What is too much at once is asked in halves.

        Raises SourceFailed.
        """
        if self.reads_remotely is not False:
            found = await self._by_remote_read(matchers, names, start_ms, end_ms)
        else:
            found = await self._by_query(matchers, names, start_ms, end_ms)
        if found is not None:
            return found
        if len(names) > 1:
            middle = len(names) // 2
            first = await self.read(matchers, names[:middle], start_ms, end_ms)
            return first + await self.read(matchers, names[middle:], start_ms, end_ms)
        if end_ms - start_ms < _SHORTEST_MS:
            raise SourceFailed(f"{self._url} refuses to show even a second of {names[0]}.")
        middle = (start_ms + end_ms) // 2
        first = await self.read(matchers, names, start_ms, middle)
        return first + await self.read(matchers, names, middle + 1, end_ms)

    async def _by_remote_read(
        self, matchers: Sequence[Matcher], names: Sequence[str], start_ms: int, end_ms: int
    ) -> list[bytes] | None:
        """None if it was too much."""
        body = read_request([*matchers, _named(names)], start_ms, end_ms)
        headers = {
            "content-type": "application/x-protobuf",
            "content-encoding": "snappy",
            "x-prometheus-remote-read-version": "0.1.0",
        }
        packed = bytes(cramjam.snappy.compress_raw(body))
        try:
            answer = await self._asked("POST", f"{self._url}/api/v1/read", packed, headers)
        except BodyTooLarge:
            return None
        if self.reads_remotely is None and answer.status in _NOT_THERE:
            self.reads_remotely = False
            return await self._by_query(matchers, names, start_ms, end_ms)
        if answer.status in _TOO_MUCH and self.reads_remotely:
            return None
        if answer.status != 200:
            raise _refused(answer, f"{self._url}/api/v1/read")
        self.reads_remotely = True
        try:
            found = series_of(bytes(cramjam.snappy.decompress_raw(answer.body)))
            whole = [message for message in found if not is_bare(message)]
        except (cramjam.DecompressionError, Unreadable) as error:
            raise SourceFailed(f"{self._url}/api/v1/read: {error}.") from error
        self.series_left_out += len(found) - len(whole)
        return whole

    async def _by_query(
        self, matchers: Sequence[Matcher], names: Sequence[str], start_ms: int, end_ms: int
    ) -> list[bytes] | None:
        """None if it was too much."""
        found: list[bytes] = []
        for name in names:
            terms = [*matchers, Matcher(METRIC_NAME, MatchOp.EQUAL, name)]
            text = ",".join(f"{one.name}{one.op.value}{_quoted(one.value)}" for one in terms)
            query = f"{{{text}}}[{end_ms - start_ms + 1}ms]"
            form = urlencode({"query": query, "time": _seconds(end_ms)}).encode()
            kind = {"content-type": "application/x-www-form-urlencoded"}
            try:
                answer = await self._asked("POST", f"{self._url}/api/v1/query", form, kind)
            except BodyTooLarge:
                return None
            if answer.status in _TOO_MUCH:
                return None
            found += [
                series_message(one["metric"], _samples(one["values"]))
                for one in _data_of(answer)["result"]
                if self._has_floats(one)
            ]
        return found

    def _has_floats(self, series: Mapping[str, Any]) -> bool:
        self.series_left_out += "histograms" in series
        return "values" in series

    async def _data(self, path: str, asked: Mapping[str, str]) -> Any:
        url = f"{self._url}/api/v1/{quote(path)}?{urlencode(asked)}"
        return _data_of(await self._asked("GET", url))

    async def _asked(
        self,
        method: str,
        url: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, asked again while the server is away. Raises SourceFailed, BodyTooLarge."""
        pause_s = _FIRST_PAUSE_S
        for left in reversed(range(_TRIES)):
            try:
                answer = await self._outbound.request(
                    method,
                    url,
                    headers={**self._headers, **(headers or {})},
                    content=content,
                    timeout_s=_TIMEOUT_S,
                    trusted=True,
                    max_bytes=_MAX_BYTES,
                    tls=self._address.tls,
                    packed="snappy",
                )
            except BodyTooLarge:
                raise
            except OutboundFailed as error:
                if not left:
                    raise SourceFailed(f"{self._url} does not answer: {error}") from error
            else:
                if answer.status not in (429, 500, 502, 503, 504) or not left:
                    return answer
            await self._sleep(pause_s)
            pause_s *= 2
        raise SourceFailed(f"{self._url} does not answer.")


def _named(names: Sequence[str]) -> Matcher:
    """The matcher of any of these metrics."""
    if len(names) == 1:
        return Matcher(METRIC_NAME, MatchOp.EQUAL, names[0])
    return Matcher(METRIC_NAME, MatchOp.REGEX, "|".join(map(_escaped, names)))


def _escaped(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_:\u0080-\U0010ffff]", lambda found: f"\\{found[0]}", name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _samples(values: Sequence[tuple[float, str]]) -> list[tuple[int, float]]:
    return [(round(at * 1000), float(value)) for at, value in values]


def _data_of(answer: Answer) -> Any:
    if answer.status != 200:
        raise _refused(answer, "the query API")
    try:
        return msgspec.json.decode(answer.body)["data"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise SourceFailed("The query API's answer is not what Prometheus answers.") from error


def _refused(answer: Answer, what: str) -> SourceFailed:
    text = answer.body[:300].decode("utf-8", "replace").strip()
    hint = ": give --user and --password, or --bearer" if answer.status in (401, 403) else ""
    return SourceFailed(f"{what} answered {answer.status}{hint}. {text}")
