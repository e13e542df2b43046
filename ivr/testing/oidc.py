"""A small provider of OpenID Connect on the loopback: hands out codes, and one token a code (RS256)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "ivr:console", "of the client & ours"
"""What the client must prove itself by: with characters that are written otherwise in a header."""


@dataclass(slots=True)
class Bank:
    """What it says, and of whom."""

    port: int = 0
    now: float = 0.0
    claims: dict[str, object] = field(default_factory=dict)
    """Of whoever types at its page; they stand over those that it sets itself."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "of-the-bank"}))
    signs: RSAKey | None = None
    """Signs instead of `key`."""
    writes: Callable[[dict[str, object]], str] | None = None
    """Makes another token of the claims."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> bytes:
        """Its public keys."""
        return json.dumps(KeySet([self.key]).as_dict(private=False)).encode()

    def page(self, url: str) -> dict[str, str]:
        """Somebody signs in at the page that a browser was sent to: what it comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object] | None:
        """The answer to a code; None where it is refused."""
        kind, _, packed = authorization.partition(" ")
        client = [unquote(one) for one in base64.b64decode(packed).decode().split(":")]
        asked = self.codes.pop(form.get("code", ""), None)
        if kind != "Basic" or client != [CLIENT, SECRET] or asked is None:
            return None
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if (challenge, form["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return None
        said: dict[str, Any] = {
            "iss": self.issuer, "aud": CLIENT, "sub": "17", "iat": int(self.now), "exp": int(self.now) + 300,
            "nonce": asked["nonce"], **self.claims,
        }  # fmt: skip
        return {"id_token": (self.writes or self.written)(said), "token_type": "Bearer"}

    def written(
        self, claims: dict[str, object], *, key: RSAKey | None = None, header: dict[str, object] | None = None
    ) -> str:
        """A token."""
        head: dict[str, Any] = header or {"alg": "RS256", "kid": "of-the-bank"}
        return jwt.encode(head, claims, key or self.signs or self.key, algorithms=["RS256", "RS512"])


@contextmanager
def running_provider() -> Iterator[Bank]:
    """It answers until the block ends."""
    bank = Bank()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            answer = bank.token(form, self.headers.get("Authorization", ""))
            text = json.dumps(answer or {"error": "invalid_grant"}).encode()
            self.send_response(200 if answer else 400)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *words: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bank.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
