"""Objects in an S3-compatible store, by botocore.

Nothing but the settings says where it is and who we are: no environment, no file of AWS's, no proxy, and no redirection
to elsewhere, which botocore does not follow (tests/attacks/test_object_store.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from ivr.errors import EnvironmentFault, SealError, SettingsError

CONNECT_SECONDS = 5
READ_SECONDS = 30
"""A store that sends nothing for so long does not answer."""
TRIES = 2
_BLANK_FILE = "/dev/null"
_GONE = "NoSuchKey"
_CUT = frozenset({"InvalidRange", "InvalidArgument"})
"""To what is asked for behind an object's end."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a bucket is."""

    url: str
    """https://host:port, or http:// on this machine."""
    bucket: str
    region: str
    ca_file: Path | None = None
    """Who signed the server's certificate; None: one of the authorities that everybody trusts."""


class S3Objects:
    """One bucket."""

    def __init__(self, place: S3Place, access_key: str, secret_key: str) -> None:
        self._place = place
        session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, _BLANK_FILE, None),
                "credentials_file": (None, None, _BLANK_FILE, None),
            }
        )
        self._client: Any = session.create_client(
            "s3",
            endpoint_url=place.url,
            region_name=place.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            verify=str(place.ca_file) if place.ca_file else True,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                proxies={},
                request_checksum_calculation="when_required",  # what is kept is read back and hashed by whoever asks
                response_checksum_validation="when_required",
                ignore_configured_endpoint_urls=True,
            ),
        )

    def put(self, name: str, file: Path) -> None:
        """By one request. (An object may have 5 GiB: forty hours of a call.)"""
        with self._told("keep a recording"), file.open("rb") as body:
            self._client.put_object(Bucket=self._place.bucket, Key=name, Body=body)

    def read(self, name: str, offset: int, size: int) -> bytes:
        """By a range (RFC 9110 14.2)."""
        try:
            with self._told("give a recording"):
                wanted = f"bytes={offset}-{offset + size - 1}"
                found = self._client.get_object(Bucket=self._place.bucket, Key=name, Range=wanted)
                if found["ResponseMetadata"]["HTTPStatusCode"] != 206:  # all of it: a server that knows no ranges
                    raise EnvironmentFault("the object store sent all of a recording where a part of it was asked for")
                data: bytes = found["Body"].read(size + 1)  # no more: it may send without end
                if len(data) > size:
                    raise EnvironmentFault("the object store sent more of a recording than was asked for")
                return data
        except _GoneError as error:
            raise SealError("the object store does not have the recording: restore it from a backup") from error

    def delete(self, name: str) -> None:
        """By its name."""
        try:
            with self._told("remove a recording"):
                self._client.delete_object(Bucket=self._place.bucket, Key=name)
        except _GoneError:
            return

    def names(self, prefix: str) -> Iterator[str]:
        """By pages of a thousand."""
        with self._told("list recordings"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._place.bucket, Prefix=prefix)
            for page in pages:
                for one in page.get("Contents", ()):
                    yield str(one["Key"])

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Foreign errors become ours: what the store wrote is not repeated, it may say anything."""
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == _GONE:
                raise _GoneError(f"the object store {self._place.url} has no such object to {doing}") from error
            if code in _CUT:
                raise SealError("the object store has less of the recording than was sent there") from error
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "no status")
            raise EnvironmentFault(
                f"the object store {self._place.url} would not {doing} in {self._place.bucket} (HTTP {status}): see "
                "its log, and whether objects.bucket and objects.credentials_file are right"
            ) from error
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise EnvironmentFault(
                f"the object store {self._place.url} does not answer ({type(error).__name__}); it is tried again"
            ) from error


class _GoneError(EnvironmentFault):
    """There is no such object: told by itself where that can be, a fault like others where it cannot."""


def read_credentials(path: Path) -> tuple[str, str]:
    """Access key and secret key, a line each. Raises SettingsError."""
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"objects.credentials_file: {path} cannot be read: {reason}") from error
    if len(lines) != 2:
        raise SettingsError(f"objects.credentials_file: {path} must hold two lines: the access key, the secret key")
    return lines[0], lines[1]
