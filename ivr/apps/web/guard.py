"""What stands before every operation of the console: whose host is named, how much is sent, what a browser may do.

Rules: no cache keeps an answer, but style sheets and scripts. A script or style that is not ours does not run. A
request that changes something comes from a page of ours, or brings a token and no cookie.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 256 * 1024
"""Longest that is read of a request, where its operation says nothing else: forms and small JSON."""
BODY_SECONDS = 30.0
"""In which it is there."""
STATIC = "/static/"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where browsers find the console."""

    url: str
    """https://console.bank.example, without a path."""

    @property
    def host(self) -> str:
        """With its port, if that is not the scheme's."""
        return urlsplit(self.url).netloc

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Phone:
    """Which pages are a phone: they may use the microphone, and speak to the edge."""

    url: str
    """Of its WebSocket."""
    pages: frozenset[str]


class RefusedBodyError(Exception):
    """It is too long, or too slow."""


class Body:
    """What a request sends along: so much at most, and in time."""

    def __init__(self, receive: Receive, announced: str | None, most: int) -> None:
        """`announced`: its Content-Length. `most`: bytes that are read."""
        self._receive, self._announced, self._most = receive, announced, most
        self._due = asyncio.get_running_loop().time() + BODY_SECONDS
        self._taken, self._whole = 0, False
        self.refused: Response | None = None
        """What to answer, where it was not taken."""

    def refuse_announced(self) -> None:
        """Raises RefusedBodyError for what says of itself that it is too long."""
        try:
            is_long = int(self._announced or 0) > self._most
        except ValueError:
            is_long = True
        if is_long:
            self._refuse("More was sent than this page takes.", 413)

    async def receive(self) -> Message:
        """Its next part. Raises RefusedBodyError."""
        if self._whole:  # what is waited for now is the browser's end
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError:
            self._refuse("It took too long to send this.", 408)
        self._taken += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._taken > self._most:
            self._refuse("More was sent than this page takes.", 413)
        return message

    def _refuse(self, why: str, status: int) -> NoReturn:
        self.refused = PlainTextResponse(why, status, {"Connection": "close"})  # what is still to come is no request
        raise RefusedBodyError


class Guard:
    """ASGI middleware, the outermost."""

    def __init__(
        self,
        app: ASGIApp,
        origins: Iterable[Origin],
        *,
        scripts: str = "",
        takes: Mapping[str, int] | None = None,
        phone: Phone | None = None,
    ) -> None:
        """`scripts`: hashes of those that may stand in a page, as a policy has them. `takes`: path -> bytes that a
        request may have there, where that is not BODY_BYTES."""
        self.app = app
        self._takes = takes or {}
        self._phone = phone
        self._hosts = {origin.host for origin in origins}
        self._scripts = f"'self' {scripts}".strip()
        self._encrypted = any(origin.encrypted for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        path = scope["path"]
        begun = False

        async def answering(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                for name, value in self._headers(nonce, path).items():
                    MutableHeaders(scope=message)[name] = value
            await send(message)

        if headers.get("host", "") not in self._hosts:  # a page of another name that leads here (DNS rebinding)
            await PlainTextResponse("This console has another address.", 421)(scope, receive, answering)
            return
        body = Body(receive, headers.get("content-length"), self._takes.get(scope["path"], BODY_BYTES))

        async def guarded(message: Message) -> None:
            if body.refused is None or begun:  # else the application's own word on a body that it did not get
                await answering(message)

        try:
            body.refuse_announced()
            await self.app(scope, body.receive, guarded)
        except RefusedBodyError:
            if begun:
                raise
        if body.refused is not None and not begun:
            await body.refused(scope, receive, answering)

    def _headers(self, nonce: str, path: str) -> Mapping[str, str]:
        phone = self._phone if self._phone is not None and path in self._phone.pages else None
        reaches, microphone = ("'self'", "") if phone is None else (f"'self' {phone.url}", "self")
        told = {
            "Content-Security-Policy": (
                f"default-src 'none'; script-src {self._scripts}; style-src 'self' 'nonce-{nonce}'; "
                f"img-src 'self' data:; media-src 'self'; connect-src {reaches}; font-src 'self'; form-action 'self'; "
                "frame-ancestors 'none'; base-uri 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": f"camera=(), geolocation=(), microphone=({microphone}), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "public, max-age=31536000, immutable" if path.startswith(STATIC) else "no-store",
        }
        if self._encrypted:
            told["Strict-Transport-Security"] = "max-age=31536000"
        return told


def from_our_page(headers: Headers, origins: Iterable[Origin]) -> bool:
    """Whether a browser says that a page of ours sends this (Fetch Metadata, and Origin of RFC 6454).

    One that says neither is none that we serve.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is not None:
        return origin in {one.url for one in origins}
    return site == "same-origin"
