"""What counts of a disclosure's playing, and the evidence that it leaves."""

from __future__ import annotations

from ivr.core.dialplan.model import Disclosure
from ivr.core.dialplan.runtime.readings import WholeReading
from ivr.core.dialplan.runtime.session import Session
from ivr.core.orders.evidence import NOT_ASKED, DisclosureHeard
from ivr.core.orders.playing import PlayReport, PromptEnd, PromptEnded


def played_in_full(report: PlayReport | None) -> bool:
    """Whether all of the prompt left in packets of one stream, towards a far end that shows that it is there."""
    return (
        report is not None
        and report.length > 0
        and report.last_sample - report.first_sample >= report.length
        and report.packets_sent * report.packet_samples >= report.length
        and not report.restarted
        and not report.silent
        and not report.held
    )


def heard_in_full(event: PromptEnded, disclosure: Disclosure) -> PlayReport | None:
    """The report of a playing that counts: in full, and no more lost of it than may be. None: it does not count."""
    report = event.report
    if event.end is not PromptEnd.COMPLETED or report is None or not played_in_full(report):
        return None
    return None if is_lossy(report, disclosure) else report


def is_lossy(report: PlayReport | None, disclosure: Disclosure) -> bool:
    """Whether the far end reported too much of it lost."""
    return report is not None and report.loss is not None and not report.loss <= disclosure.max_loss


def enter_evidence(
    s: Session,
    disclosure: Disclosure,
    heard: PlayReport | WholeReading,
    *,
    plays: int,
    acknowledged_by: str = NOT_ASKED,
    answer: str = "",
    confidence: float | None = None,
) -> None:
    """Put into the record what was heard, be it played by the line or read by an agent, and how it was acknowledged.

    The arguments behind `heard` are fields of `DisclosureHeard`.
    """
    s.orders.give(
        DisclosureHeard(
            disclosure=disclosure.name,
            language=s.known.language,
            audio_sha256=heard.audio_sha256 if isinstance(heard, PlayReport) else "",
            first_sample=heard.first_sample,
            last_sample=heard.last_sample,
            packets_sent=heard.packets_sent,
            loss=heard.loss,
            plays=plays,
            acknowledged_by=acknowledged_by,
            answer=answer,
            confidence=confidence,
            at=s.orders.passed,
            read=None if isinstance(heard, PlayReport) else heard.evidence,
        )
    )
