"""Lookups over HTTP: POST {url}/{query} with a JSON object, a JSON object back.

One retry, and only when nothing can have happened: the connection failed before the request was sent. A request that
was sent is never sent again, since it may be an order. Answers are bounded; redirects are not followed.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from ivr.adapters.not_itself import refuse_itself
from ivr.core.foreign import json_object
from ivr.errors import EnvironmentFault, PeerError, SettingsError

ANSWER_MAX_BYTES = 256 * 1024
QUERY = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class HttpSource:
    """A data source behind HTTP."""

    def __init__(self, url: str, *, token_file: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"{url!r} is no http:// or https:// address of a data source")
        self._host = parts.hostname
        self._port = parts.port
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._path = parts.path.rstrip("/")
        self._token_file = token_file

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Run a named query within `timeout` seconds. Raises PeerError; its text holds no parameter or value."""
        if not QUERY.fullmatch(name):
            raise PeerError("a query's name is letters, digits, dot, dash and underscore")
        deadline = time.monotonic() + timeout
        connection = self._connect(deadline)
        try:
            status, body = self._exchange(connection, name, json.dumps(params).encode(), deadline)
        except (OSError, http.client.HTTPException) as error:
            raise PeerError(f"the data source broke off query {name}: {_why(error)}") from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise PeerError(f"the data source answered query {name} with HTTP status {status}")
        answer = json_object(body)
        if answer is None:
            raise PeerError(f"the data source's answer to {name} is not a JSON object")
        return answer

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        failure: OSError | None = None
        for _ in range(2):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            connection: http.client.HTTPConnection
            if self._tls is not None:
                connection = http.client.HTTPSConnection(self._host, self._port, timeout=left, context=self._tls)
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=left)
            try:
                connection.connect()
                refuse_itself(connection.sock)
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection
        raise PeerError(f"the data source cannot be reached: {_why(failure)}") from failure

    def _exchange(
        self, connection: http.client.HTTPConnection, name: str, body: bytes, deadline: float
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self._token_file is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        connection.request("POST", f"{self._path}/{quote(name)}", body, headers)
        response = connection.getresponse()
        answer = bytearray()
        while chunk := response.read1(16384):
            answer += chunk
            if len(answer) > ANSWER_MAX_BYTES:
                raise PeerError(f"the data source's answer to {name} is longer than {ANSWER_MAX_BYTES} bytes")
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError  # a source that dribbles
            if connection.sock is not None:
                connection.sock.settimeout(left)
        return response.status, bytes(answer)

    def _token(self) -> str:
        assert self._token_file is not None
        try:
            return self._token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EnvironmentFault(f"the token file {self._token_file} cannot be read: {error.strerror}") from error


def _why(error: Exception | None) -> str:
    if error is None or isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or type(error).__name__
