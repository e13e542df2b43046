"""The API does what its description says that it takes: whatever schemathesis makes of it, nothing fails inside.

A few requests for each operation here; hundreds with `make chaos`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from ivr.core.audit.roles import Role
from tests.unit.web.world import World
from tools.describe_api import description

FEW, MANY = 2, 300
LEFT_OUT = re.compile(r"/sign-out|.*stream|.*/watch|.*/live.*")
"""What would end the session of the test, and what goes on for as long as somebody looks."""
SCHEMA = schemathesis.openapi.from_dict(description())
FOUND: list[Any] = [one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)]
OPERATIONS = {one.label: one for one in FOUND if not LEFT_OUT.fullmatch(one.path)}


class Everybody:
    """Somebody who may do everything, so that nothing is only denied."""

    def __init__(self) -> None:
        self.world = World()
        for role in Role:
            self.world.grant("user:everybody", role)
        self.browser: TestClient = self.world.browser("user:everybody")
        self.token = self.world.token(self.browser)

    def ask(self, case: Any) -> int:
        """Send what was made; its status."""
        sent = case.as_transport_kwargs(base_url=self.world.url)
        headers = {name: value for name, value in dict(sent.pop("headers", None) or {}).items() if value.isascii()}
        headers |= {"X-CSRF-Token": self.token, "Sec-Fetch-Site": "same-origin"}
        headers = {
            name: value for name, value in headers.items() if name.lower() not in ("cookie", "authorization", "host")
        }
        known = {"params", "json", "data", "content", "files"}
        return self.browser.request(
            sent["method"], sent["url"], headers=headers, **{name: sent[name] for name in known if sent.get(name)}
        ).status_code


@pytest.fixture(scope="module")
def everybody() -> Iterator[Everybody]:
    made = Everybody()
    yield made
    made.world.kept.cleanup()


def hold(everybody: Everybody, label: str, examples: int) -> None:
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples == FEW, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def asked(data: st.DataObject) -> None:
        case = data.draw(OPERATIONS[label].as_strategy())
        assert everybody.ask(case) != 500, case

    asked()


def test_every_operation_of_the_api_is_described() -> None:
    assert len(OPERATIONS) > 100


def test_nothing_that_the_description_allows_fails_inside(everybody: Everybody) -> None:
    for label in OPERATIONS:
        hold(everybody, label, FEW)


@pytest.mark.chaos
@pytest.mark.parametrize("label", OPERATIONS)
def test_hundreds_of_requests_to_each_operation_fail_nowhere_inside(everybody: Everybody, label: str) -> None:
    hold(everybody, label, MANY)
