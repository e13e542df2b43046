"""A figure of a report leads to its calls, which are told by when, where and who: not by ids."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace

from ivr.core.audit.roles import Role
from ivr.engine.office import reports as office
from tests.unit.web.world import CALL, World

SUPERVISOR = f"user:{Role.SUPERVISOR}"


def a_figure(world: World) -> str:
    """Path of the calls behind one, as a page has it: of all calls that were answered in the last two days."""
    span = {"since": _day(86400), "until": _day(0)}
    page = world.browser(SUPERVISOR).get("/reports/recordings", params=span).text
    links = map(html.unescape, re.findall(r'href="(/reports/recordings/calls\?[^"]+)"', page))
    return next(link for link in links if "answered" in link)


def _day(ago: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago))


def test_the_calls_behind_a_figure_are_told_by_when_where_and_who(world: World) -> None:
    browser, path = world.browser(SUPERVISOR), a_figure(world)
    page = browser.get(path)
    assert page.status_code == 200
    assert f'href="/recordings/{CALL}"' in page.text
    words = re.sub(r"<[^>]*>", " ", page.text)
    assert CALL not in words, "an id is nobody's name"
    call = world.house.calls.get(CALL)
    assert time.strftime("%H:%M:%S", time.gmtime(call.started_at))[3:] in words
    assert call.caller not in page.text, "numbers are masked as in any list"
    shown = browser.get(f"/api{path}").json()
    assert shown["count"] == len(shown["calls"]) > 0
    assert world.house.entries("report.opened")[-1].details["count"] == shown["count"]


def test_many_calls_behind_a_figure_come_page_by_page(world: World) -> None:
    path, browser = a_figure(world), world.browser(SUPERVISOR)
    call = world.house.calls.get(CALL)
    for number in range(office.AT_ONCE + 1):
        world.house.calls.save(replace(call, call_id=f"many-{number:03}", started_at=call.started_at + number))
    first, second = (browser.get(f"/api{path}&page={page}").json() for page in (1, 2))
    assert (len(first["calls"]), first["more"], second["more"]) == (office.AT_ONCE, True, False)
    ids = [one["call"] for one in (*first["calls"], *second["calls"])]
    assert len(ids) == len(set(ids)) == first["count"]
    page = browser.get(path).text
    (after,) = re.findall(r'href="([^"]*page=2)"', page)
    assert browser.get(html.unescape(after)).status_code == 200
    assert browser.get(f"{path}&page=0").status_code == 422
