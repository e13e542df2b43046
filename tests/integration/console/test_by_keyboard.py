"""Every page of the console by keyboard alone: Tab comes to each control, one sees where one is, nothing keeps one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from ivr.core.audit.roles import Role
from tests.integration.console.test_pictures import pages_of
from tests.unit.web.world import World

pytestmark = pytest.mark.browser
STOPS = 8
"""Of one control at most: a field of a day has one a part."""
MARK = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]';
  const groups = new Set();
  document.activeElement?.blur();  // a page may put it into its search
  window.looks = (one) => {
    const found = [];
    for (let at = one, level = 0; at && level < 4; at = at.parentElement, level++) {
      const style = getComputedStyle(at);
      found.push(style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.left);
    }
    return found.join('|');
  };
  const marked = [];
  for (const one of document.querySelectorAll(wanted)) {
    if (one.disabled || one.type === 'hidden' || one.tabIndex < 0 || one.inert || one.closest('[inert]')) continue;
    if (one.closest('dialog:not([open])') || !one.checkVisibility({visibilityProperty: true})) continue;
    if (one.type === 'radio') {
      const group = `${one.form ? [...document.forms].indexOf(one.form) : ''} ${one.name}`;
      if (groups.has(group)) continue;
      groups.add(group);
      one.dataset.group = marked.length;
    }
    one.dataset.stop = marked.length;
    marked.push([one.outerHTML.slice(0, 120), window.looks(one)]);
  }
  return marked;
}"""
WHERE = """() => {
  let one = document.activeElement;
  if (one?.type === 'radio' && !one.dataset.stop) {
    const same = [...document.getElementsByName(one.name)].filter((other) => other.form === one.form);
    one = same.find((other) => other.dataset.stop) ?? one;
  }
  return [one?.dataset.stop ?? '', one && one !== document.body ? window.looks(document.activeElement) : ''];
}"""


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.AGENT, Role.SECURITY_OFFICER], ids=str)
def test_every_control_of_every_page_is_reached_by_tab_and_shows_it(
    world: World, chromium: Browser, role: Role
) -> None:
    context = chromium.new_context(base_url=world.url, locale="en-GB", viewport={"width": 1360, "height": 900})
    cookie = str(world.browser(f"user:{role}").cookies["ivr"])
    context.add_cookies([{"name": "ivr", "value": cookie, "url": world.url}])
    page = context.new_page()
    told = [f"{path}: {one}" for _, path in pages_of(world, role) for one in walked(page, path)]
    context.close()
    assert not told, "\n".join(told)


def walked(page: Page, path: str) -> list[str]:
    """What is wrong with a page for who has no mouse."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)  # what is live changes under the walker no more
    controls: list[tuple[str, str]] = page.evaluate(MARK)
    seen, unseen = set[int](), list[str]()
    for _ in range(STOPS * len(controls) + STOPS):
        page.keyboard.press("Tab")
        stop, looks = page.evaluate(WHERE)
        if stop and int(stop) not in seen:
            seen.add(int(stop))
            html, before = controls[int(stop)]
            if looks == before and not shows(page, before):
                unseen.append(f"nobody sees that the focus is at {html}")
        if len(seen) == len(controls):
            break
    page.context.set_offline(False)
    missing = [controls[at][0] for at in range(len(controls)) if at not in seen]
    return unseen + [f"Tab does not come to {html}" for html in missing]


def shows(page: Page, before: str) -> bool:
    """Whether the focus is seen a moment later: an editor says it to its frame by itself."""
    try:
        page.wait_for_function("before => window.looks(document.activeElement) !== before", arg=before, timeout=2000)
    except TimeoutError:
        return False
    return True
