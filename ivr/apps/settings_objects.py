"""Settings of the object store that long-term recordings go to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ivr.apps.settings_sections import Section

LOCAL = ("127.0.0.1", "localhost")


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("write https://host:port, without a path")
    if parts.username or parts.password:
        raise ValueError("the URL holds a secret: put it into a file and name that in objects.credentials_file")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ValueError("http:// is for a store on this machine: write https://")
    return value.rstrip("/")


def _bucket(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
        raise ValueError("a bucket is named by 3 to 63 small letters, digits, '.' and '-'")
    return value


def _prefix(value: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9_.-]+/)*", value):
        raise ValueError("write letters, digits, '_', '.' and '-', each part ended by '/', such as ivr/")
    return value


class ObjectSettings(Section):
    """An S3-compatible object store: sealed recordings are sent there once their call is over and compacted."""

    url: Annotated[str, AfterValidator(_url)]
    """https://host:port."""
    bucket: Annotated[str, AfterValidator(_bucket)]
    """It must be there, without versions: what is erased is to be gone."""
    credentials_file: Path
    """Two lines, the access key and the secret key; mode 0600."""
    region: str = Field(default="us-east-1", pattern=r"[a-z0-9-]{1,40}")
    """As the store calls it."""
    prefix: Annotated[str, AfterValidator(_prefix)] = ""
    """Before each object's name, such as ivr/."""
    ca_file: Path | None = None
    """Who signed the store's certificate, where that is no authority that everybody trusts."""
