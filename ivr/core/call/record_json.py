"""`CallRecord` as JSON and back: what journals, the bus and the database carry.

Rule: an unknown or missing field, or one of another type, is an error, so that a record is never half understood.
`looked_up`, `callback_id`, `begun`, `network`, `ratings`, `alerts`, `risk`, `voices` and `withheld` may be missing:
they are written where there are any, and records of before know none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from ivr.core.call.record import CallRecord
from ivr.core.codec import Codec, plain
from ivr.errors import SealError

_ADDED = ("looked_up", "callback_id", "begun", "network", "ratings", "alerts", "risk", "voices", "withheld")
_CODEC = Codec(CallRecord, exact=True, added=frozenset({*_ADDED, "attested"}))
"""`attested` is of `network`, and younger than that."""


def record_to_json(record: CallRecord) -> dict[str, object]:
    """Plain data, ready for `json.dumps`."""
    data = cast("dict[str, object]", plain(record))
    for name in _ADDED:
        if not getattr(record, name):
            del data[name]
    return data


def record_from_json(data: Mapping[str, object]) -> CallRecord:
    """Back from `record_to_json`. Raises SealError when it is not one of ours."""
    with _of_ours():
        return _CODEC.read(data)


def record_from_text(text: bytes) -> CallRecord:
    """The same from its JSON, sooner: a page of calls is read so."""
    with _of_ours():
        return _CODEC.read_text(text)


@contextmanager
def _of_ours() -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        raise SealError(f"a call's record is damaged or of another version: {error}") from error
