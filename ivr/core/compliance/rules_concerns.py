"""What is allowed in a rules file and yet unwise: `ivr check` warns of it, and the rules may go live.

A jurisdiction of which nothing is known may be a slip of the pen, and then the rules judge no call at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.compliance.rules_shape import RulesIn
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.source import Source, read_source
from ivr.core.dialplan.line_law import KNOWN


def concerns(text: str, *, source: str) -> list[Finding]:
    """Every concern in the text of sound rules, in the order of the file."""
    return sorted(_lawless(read_source(text, file=source, top=frozenset(RulesIn.model_fields))))


def _lawless(read: Source) -> Iterator[Finding]:
    for at, law in enumerate(read.value.get("jurisdictions") or ()):
        if law in KNOWN:
            continue
        known = f"Known are {', '.join(KNOWN)}. Any other must stand in the dialplan's jurisdiction: letter for letter."
        yield read.at(("jurisdictions", at)).finding(
            "R301",
            f"'{law}' is no jurisdiction that is known here: the rules hold only for lines that name this very one.",
            f"Did you mean '{law.upper()}'?" if law.upper() in KNOWN else known,
        )
