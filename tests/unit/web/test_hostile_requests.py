"""Every operation is asked with names and values that no page of ours sends: none fails by a fault of ours, and what
was typed stands in no entry of the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from pydantic import BaseModel

from ivr.apps.web import pages
from ivr.apps.web.operation import API, OPERATIONS, Operation
from ivr.core.audit.roles import Role
from tests.unit.web.world import World

pages.load()
EVERYTHING = "user:all"
"""Who holds every role."""
NUMBER = "13912345678"
"""What a person may type in place of a call's id."""
NAMES = (
    "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", NUMBER, "-1", "9" * 5000, "%ff%fe", quote("\u202e名"), "a" * 9000,
    "%0d%0aSet-Cookie:x", "*", "?", "%25", "[",
)  # fmt: skip
VALUES = (
    "", "\0", "9" * 5000, "-1", "1e999", "NaN", NUMBER, "\u202e\ud7ff", "../../etc/passwd", "http://[", "otpauth://[x",
    "a" * 990, "true", "[]", "{}", "' OR 1=1 --", "%", "*", "(", "age1" + "q" * 58, "2026-13-99",
    "9999-12-31", "0001-01-01",
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.grant(EVERYTHING, Role.SECURITY_OFFICER)
    for role in Role:
        if role is not Role.SECURITY_OFFICER:
            made.grant(EVERYTHING, role)
    return made


def asked(operation: Operation) -> tuple[list[str], dict[str, str]]:
    """Names of what it is asked with; and of those that it needs, with something."""
    kinds = [
        one.annotation
        for one in operation.parameters
        if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel)
    ]
    found = [item for kind in kinds for item in kind.model_fields.items()]
    return [name for name, _ in found], {name: "1" for name, field in found if field.is_required()}


def addresses(operation: Operation) -> Iterator[str]:
    if "{" not in operation.path:
        yield operation.path
        return
    for name in (*NAMES, "call-1"):
        yield re.sub(r"\{\w+\}", name.replace("\\", ""), operation.path)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_no_operation_fails_by_what_it_is_asked(world: World, operation: Operation) -> None:
    for name in (f"user:{Role.SUPERVISOR}", EVERYTHING):
        who = world.browser(name)
        token = re.search(r'name="csrf" value="([^"]+)"', who.get("/").text)
        csrf = {"X-CSRF-Token": token[1]} if token else {}
        for address in addresses(operation):
            for before in ("", API):
                if operation.method == "GET":
                    answers = [who.get(before + address)]
                else:
                    answers = [who.post(before + address, headers=csrf)]
                assert all(one.status_code < 500 for one in answers), (address[:60], answers)
        if name != EVERYTHING:  # who may not do it is stopped before anything is read
            continue
        path = re.sub(r"\{\w+\}", "call-1", operation.path)
        names, needed = asked(operation)
        for field in names:
            for value in VALUES:
                said = {**needed, field: value}
                if operation.method == "GET":
                    answer = who.get(path, params=said)
                else:
                    answer = who.post(path, data=said, headers=csrf)
                assert answer.status_code < 500, (path, field, value[:40], answer.text[:200])


def test_nothing_that_was_typed_stands_in_the_log(world: World) -> None:
    world.house.log.publish()
    told = [one.encode().decode() for _, one in world.house.log.entries()]
    assert told
    assert not [one for one in told if NUMBER in one]


@pytest.mark.parametrize("uri", ["otpauth://[x", "http://[", "x" * 990, "otpauth://hotp/x?secret=A", "\0"])
def test_a_seed_that_is_none_of_ours_is_not_shown(uri: str) -> None:
    world = World(second_factor_for=frozenset(Role))
    browser = world.browser(f"user:{Role.SUPERVISOR}")
    assert browser.post("/sign-in/second", data={"code": "123456", "uri": uri}).status_code == 422
