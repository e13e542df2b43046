"""Everything that can be found wrong with a dialplan before anyone calls it: its text, its rules, what is unwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.core.dialplan.concerns import concerns
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import Certificate, prove
from ivr.core.dialplan.proof.telling import tell, unproved
from ivr.errors import DialplanError


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found."""

    dialplan: Dialplan | None
    """None: its text is not sound."""
    findings: tuple[Finding, ...]
    """Errors: of the text, or of its rules."""
    warnings: tuple[Finding, ...] = ()
    """What is allowed and yet unwise."""
    certificate: Certificate | None = None
    story: str = ""
    """The shortest ways past its rules, told."""


def examined(read: Callable[[], Dialplan], *, proving: bool = True) -> Examined:
    """`read` gives the dialplan or raises DialplanError. `proving`: its rules are proved too, which takes longer."""
    try:
        dialplan = read()
    except DialplanError as error:
        return Examined(None, tuple(one for one in error.findings if isinstance(one, Finding)))
    unwise = tuple(concerns(dialplan))
    if not proving:
        return Examined(dialplan, (), unwise)
    proof = prove(dialplan)
    broken = tuple(unproved(dialplan, proof.counterexamples))
    story = tell(dialplan, proof.counterexamples) if proof.counterexamples else ""
    return Examined(dialplan, broken, unwise, proof.certificate, story)
