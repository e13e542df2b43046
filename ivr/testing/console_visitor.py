"""A browser without a screen: comes into a running console by a link, opens pages, and reads streams as they come."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ANSWER_SECONDS = 120
"""Publishing speaks prompts before it answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one request."""

    status: int
    text: str = field(repr=False)
    headers: dict[str, str]
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    data: Any
    at: float
    """When it came, `time.monotonic`."""


class EventStream:
    """A stream that is open."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.ended = False

    async def next(self, *names: str, seconds: float = 30.0) -> Event | None:
        """The next event of one of these names (any, when none is given); None: the stream ended."""
        name = ""
        async with asyncio.timeout(seconds):
            while raw := await self._line():
                field_name, _, value = raw.strip().partition(": ")
                if field_name == "event":
                    name = value
                elif field_name == "data" and (not names or name in names):
                    return Event(name, json.loads(value), time.monotonic())
        self.ended = True
        return None

    async def _line(self) -> str:
        try:
            return (await self._reader.readline()).decode()
        except ConnectionResetError:
            return ""


class ConsoleVisitor:
    """Somebody at http://127.0.0.1:PORT."""

    def __init__(self, port: int, token: str = "") -> None:
        """`token`: of a machine, for the API; else come in by a link."""
        self.port, self.token, self.cookie = port, token, ""

    def come_in(self, link: str, password: str) -> None:
        """Choose a password by an invitation's link."""
        parts = urlsplit(link)
        secret = parse_qs(parts.query)["secret"][0]
        answer = self.ask("POST", parts.path, secret=secret, password=password)
        assert answer.status == 303, answer.status

    def sign_in(self, name: str, password: str) -> None:
        """Come in by name and password."""
        answer = self.ask("POST", "/sign-in", name=name, password=password)
        assert answer.status == 303, answer.status

    def ask(self, method: str, path: str, **form: str) -> Answer:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            headers = self._headers() | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
            connection.request(method, path, urlencode(form) or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            told = {name.lower(): value for name, value in answer.getheaders()}
            if "set-cookie" in told and told["set-cookie"].startswith("ivr="):
                self.cookie = told["set-cookie"].partition(";")[0]
            return Answer(answer.status, text, told)
        finally:
            connection.close()

    @asynccontextmanager
    async def stream(self, path: str, *, here: str = "127.0.0.1") -> AsyncIterator[EventStream]:
        """A stream of server-sent events, once its answer has begun. Raises ConnectionError when it is refused.

        `here`: the loopback address that it is asked for from.
        """
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=4 * 1024 * 1024, local_addr=(here, 0)
        )
        told = {**self._headers(), "Accept": "text/event-stream", "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{head}\r\n".encode())
        try:
            status = (await reader.readline()).decode().split()
            if status[1:2] != ["200"]:
                raise ConnectionError(" ".join(status))
            while (await reader.readline()).strip():
                pass
            yield EventStream(reader)  # chunks' lengths stand on lines of their own, which are no fields
        finally:
            writer.close()

    def _headers(self) -> dict[str, str]:
        told = {"Sec-Fetch-Site": "same-origin"}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        elif self.cookie:
            told["Cookie"] = self.cookie
        return told
