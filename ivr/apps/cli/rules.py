"""Files of rules over what was said: found among dialplans, and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.text import read_text
from ivr.core.compliance.rule import Ruleset
from ivr.core.compliance.rules_concerns import concerns
from ivr.core.compliance.rules_file import load_rules
from ivr.core.dialplan.language.finding import Finding
from ivr.errors import OperatorError

_RULES = re.compile(r"^rules\s*:", re.MULTILINE)
_DIALPLAN = re.compile(r"^(?:states|start|scenarios|dialogs)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SoundRules:
    """A rules file without errors."""

    file: str
    ruleset: Ruleset

    def __str__(self) -> str:
        count = len(self.ruleset.rules)
        kinds = f"{count} rule{'s' * (count > 1)}"
        return f"{self.file}: sound: {self.ruleset.title}, {kinds}, {self.ruleset.sha256[:12]}"


def is_rules(file: Path) -> bool:
    """Whether a file is meant to hold rules, and no dialplan."""
    text = read_text(file)
    return _RULES.search(text) is not None and _DIALPLAN.search(text) is None


def rules_below(paths: Sequence[str]) -> list[Path]:
    """Every file of rules named, or below a directory that is named."""
    found = (item for path in map(Path, paths) for item in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path]))
    return [file for file in found if is_rules(file)]


def read_rules(file: Path) -> Ruleset:
    """The rules of a file. Raises DialplanError with all that is wrong, OperatorError."""
    return load_rules(read_text(file), source=str(file))


def rules_concerns(file: Path) -> list[Finding]:
    """What is unwise in sound rules."""
    return concerns(read_text(file), source=str(file))


def rulesets(files: Iterable[Path]) -> tuple[Ruleset, ...]:
    """All rules of these files and directories. Raises as `read_rules`, and OperatorError where there are none."""
    found = tuple(map(read_rules, rules_below([str(file) for file in files])))
    if not found:
        raise OperatorError("no rules are there: name a file or a directory of them by --rules")
    return found
