"""What a line tells its callers of itself, and whose law asks for it before what. A table, to be checked with counsel.

None of it is legal advice. What stands here is demanded of a line whose dialplan names the jurisdiction in its head.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineFact(StrEnum):
    """What callers are told of the line itself."""

    MACHINE = "machine"
    """They speak with a machine, not with a person."""
    RECORDED = "recorded"
    """What is said is recorded."""
    EMOTION = "emotion"
    """Their words are read for how they feel, distress above all. Nobody's voice is."""


class Before(StrEnum):
    """What a fact must be told before."""

    ANSWER = "answer"
    """Any question, warning, check of a voice or message: whatever takes what a caller says or keys in."""
    TALK = "talk"
    """A talk with an agent or with someone outside."""
    READING = "reading"
    """Any rule that reads a caller's words for how they feel: `ivr check` of the rules holds it (R114)."""


@dataclass(frozen=True, slots=True)
class Law:
    """One jurisdiction's demand."""

    jurisdiction: str
    fact: LineFact
    before: frozenset[Before]
    source: str


_ALL, _READ = frozenset({Before.ANSWER, Before.TALK}), frozenset({Before.READING})
LAWS = (
    Law("EU", LineFact.MACHINE, _ALL, "Regulation (EU) 2024/1689 Art. 50(1) and (5), from 2 August 2026"),
    Law("EU", LineFact.RECORDED, _ALL, "Directive 2014/65/EU Art. 16(7); Regulation (EU) 2017/565 Art. 76"),
    Law("EU", LineFact.EMOTION, _READ, "Regulation (EU) 2024/1689 Art. 50(3)"),
    Law("UK", LineFact.RECORDED, _ALL, "FCA SYSC 10A; UK GDPR Art. 13"),
    Law("CN", LineFact.MACHINE, _ALL, "互联网信息服务深度合成管理规定 第十七条; 人工智能生成合成内容标识办法"),
    Law("CN", LineFact.RECORDED, _ALL, "个人信息保护法 第十七条"),
    Law("HK", LineFact.RECORDED, _ALL, "SFC Code of Conduct 3.9; PDPO, Data Protection Principle 1"),
)
"""Each to be checked with counsel: who sells what to whom decides whether it holds."""
KNOWN = (*dict.fromkeys(law.jurisdiction for law in LAWS), "EEA")
"""Jurisdictions of which the table knows something."""
USUAL = {LineFact.MACHINE: _ALL, LineFact.RECORDED: _ALL, LineFact.EMOTION: _READ}
"""What a fact is told before where a line tells it and no law says."""


def laws_of(jurisdiction: str | None) -> tuple[Law, ...]:
    """What is asked of a line under it; nothing where it is none of the table's."""
    return tuple(law for law in LAWS if law.jurisdiction == whose(jurisdiction or ""))


def whose(jurisdiction: str) -> str:
    """By whose law it goes: in the EEA by that of the EU."""
    return "EU" if jurisdiction == "EEA" else jurisdiction
