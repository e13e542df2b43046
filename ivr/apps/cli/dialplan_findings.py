"""What `ivr check` found, for a person, a program or a code host."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from ivr.apps.cli.rules import SoundRules
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan


@dataclass(frozen=True, slots=True)
class SoundDialplan:
    """A dialplan without errors in its text."""

    dialplan: Dialplan
    proved: bool

    def __str__(self) -> str:
        plan = self.dialplan
        how = "sound" if self.proved else "sound as text, but NOT proved, so it will not be served"
        count = len(plan.protect) + len(plan.line)
        rules = f"{count} rule{'s' * (count > 1)} proved" if count else "nothing is protected"
        tail = "" if not self.proved else f", {rules}"
        return f"{plan.source}: {how}: {plan.id}, {len(plan.states)} states{tail}, {plan.sha256[:12]}"


def report(
    findings: list[Finding], warnings: list[Finding], sound: Sequence[SoundDialplan | SoundRules], form: str
) -> str:
    """What was found, as `form`: text, json or sarif."""
    if form == "json":
        told = {"findings": [asdict(each) for each in findings], "warnings": [asdict(each) for each in warnings]}
        return json.dumps(told, indent=2, ensure_ascii=False)
    if form == "sarif":
        return json.dumps(_sarif(findings, warnings), indent=2, ensure_ascii=False)
    lines = [str(finding) for finding in findings]
    lines += [str(replace(each, message=f"warning: {each.message}")) for each in warnings]
    lines += map(str, sound)
    if findings:
        where = "docs/inspection.md" if all(one.code.startswith("R") for one in findings) else "docs/dialplan.md"
        lines.append(f"{len(findings)} error(s). Codes are explained in {where}.")
    return "\n".join(lines)


def _sarif(findings: list[Finding], warnings: list[Finding]) -> dict[str, object]:
    """SARIF 2.1.0, the least of it that code hosts show."""
    results = [
        {
            "ruleId": finding.code,
            "level": level,
            "message": {"text": f"{finding.message} {finding.hint}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": finding.file},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
        }
        for level, told in (("error", findings), ("warning", warnings))
        for finding in told
    ]
    rules = [{"id": code} for code in sorted({finding.code for finding in (*findings, *warnings)})]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "ivr check", "rules": rules}}, "results": results}],
    }
