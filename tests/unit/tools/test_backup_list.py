"""The list of what lies where, by which backups are made, names all that the code keeps below `data_dir`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
SECTION = "## Where everything lies"
LINK = "operations.md#where-everything-lies"
KEPT = re.compile(r'data_dir\s*/\s*f?"([\w.-]+)"')
"""What the settings and the wiring name."""


def section() -> str:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return page.partition(f"{SECTION}\n")[2].partition("\n## ")[0]


def test_it_names_all_that_is_kept() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ivr" / "apps").rglob("*.py"))
    kept = set(KEPT.findall(re.sub(r"\{self\.data_dir / '([\w.-]+)'\}", r'data_dir / "\1"', code)))
    assert {"audit", "attempts.json", "drafts", "hosts", "ivr.db", "keys", "webhooks"} <= kept, "the code is read"
    named = set(re.findall(r"`([\w.*-]+)/?(?:passphrase|pin)?`", section()))
    forgotten = {name for name in kept if name not in named and not name.endswith(".lock")}
    assert forgotten == set()


def test_the_runbook_has_no_list_of_its_own() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for title in ("## A machine is lost, and comes back", "## Restore from a backup"):
        text = runbook.partition(f"{title}\n")[2].partition("\n## ")[0]
        assert LINK in text
        assert "agents.json" not in text
