"""The proof that no sequence of events bypasses an obligation; or the shortest story that does.

Each state was explored alone, on the interpreter itself (`ways_out`). The exits are joined in a product (`product`),
which is gone through whole from the start (`flood`): first loosely, with fewer places than there are, in which all can
happen that may happen, and more. What holds there holds. Where it does not, the product itself decides, and the story
is searched in it (`stories`).

The guard of the running call is not relied upon; it is left out. Where the prover does not know, it takes both ways: a
condition on a value may hold or not, an identity may or may not rest on a value that changed, `back` may lead to any
unprotected question that was asked on some way here. So what it certifies holds; what it refuses has, but for such
doubts, a story that can be played.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.breach import flooded
from ivr.core.dialplan.proof.callers import TooManyError
from ivr.core.dialplan.proof.product import Product
from ivr.core.dialplan.proof.stories import Counterexample, Teller
from ivr.core.identity.level import Level

FORMAT = 4
"""Of certificates: a prover that decides otherwise has another number."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """That every rule of one version of a dialplan holds in every order of events."""

    dialplan: str
    sha256: str
    rules: tuple[str, ...]
    states: int
    situations: int
    """Gone through inside states, on the interpreter."""
    places: int
    """Gone through in the product."""
    prover: int = FORMAT

    @property
    def id(self) -> str:
        """Digest of all of it, to be named in records."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Proof:
    """What `prove` found: a certificate, or counterexamples."""

    certificate: Certificate | None
    counterexamples: tuple[Counterexample, ...] = ()


def prove(dialplan: Dialplan) -> Proof:
    """Prove every rule under `protect`, or show how each broken one breaks."""
    by_identity = any(rule.identity is not Level.NONE for rule in dialplan.protect.values())
    product = Product(dialplan, identity=by_identity)
    try:
        flood, suspects = flooded(product.loose())
    except TooManyError:
        flood, suspects = flooded(product)
    if suspects:
        # That too little was told apart may be all that is wrong.
        teller = Teller(product)
        stories = [story for story in map(teller.story, suspects) if story is not None]
        if stories:
            return Proof(None, tuple(sorted(stories, key=lambda story: (story.target, story.lacking))))
        flood = teller.flood
    rules = tuple(
        f"{rule.target} after {', '.join(map(str, rule.demands)) or 'nothing'}, identity {rule.identity}"
        + (", recorded" if rule.recorded else "")
        for rule in dialplan.protect.values()
    )
    rules += tuple(f"{rule.target} after {', '.join(map(str, rule.demands))}" for rule in dialplan.line.values())
    states = len(dialplan.states)
    return Proof(Certificate(dialplan.id, dialplan.sha256, rules, states, product.situations, len(flood)))
