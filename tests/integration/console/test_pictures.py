"""Every page of the console for every role, light, dark and on a telephone: a picture of each, and no fault that keeps
people out (axe-core's serious and critical ones). With `make browser`; the pictures are below build/browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ivr.apps.web.operation import OPERATIONS, PUBLIC
from ivr.core.audit.roles import Role
from ivr.engine.office.acts import ACTS, EVERYBODY
from tests.unit.web.test_report_pages import a_figure
from tests.unit.web.test_scopes import names
from tests.unit.web.world import World

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "build" / "browser"
AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {"light": ("light", 1360, "en-GB"), "dark": ("dark", 1360, "zh-CN"), "phone": ("light", 390, "en-GB")}

pytestmark = pytest.mark.browser


def pages_of(world: World, role: Role | None) -> Iterator[tuple[str, str]]:
    """(Name, path) of each page that a role may open."""
    for one in OPERATIONS.values():
        if one.method != "GET" or not one.page:
            continue
        roles = frozenset() if one.scope == PUBLIC else ACTS[one.scope].roles
        if one.scope == PUBLIC or roles == EVERYBODY or role in roles:
            yield one.name, a_figure(world) if one.name == "reports_open" else one.path.format_map(names(world))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_each_page_can_be_read_by_everybody(world: World, chromium: Browser, role: Role | None, look: str) -> None:
    scheme, width, locale = LOOKS[look]
    context = chromium.new_context(
        base_url=world.url,
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    if role is not None:
        cookie = str(world.browser(f"user:{role}").cookies["ivr"])
        context.add_cookies([{"name": "ivr", "value": cookie, "url": world.url}])
    page = context.new_page()
    for name, path in pages_of(world, role):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 500, path
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{path} is wider than {width}"
        )
        page.screenshot(path=PICTURES / f"{name}-{look}-{role or 'stranger'}.png", full_page=True)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        faults = page.evaluate("axe.run().then(found => found.violations)")
        told = [
            f"{path}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
            for one in faults
            if one["impact"] in ("serious", "critical")
        ]
        assert told == []
    context.close()
