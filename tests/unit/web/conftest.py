"""One console for each file of tests."""

from __future__ import annotations

import pytest

from tests.unit.web.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World()
