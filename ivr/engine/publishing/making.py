"""Making a publication: what is to be served is read, checked and proved (a proposal), then its prompts are spoken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.offers import check_offered
from ivr.core.dialplan.phrases import phrases
from ivr.core.dialplan.proof.prove import Certificate, prove
from ivr.core.dialplan.proof.telling import tell
from ivr.core.dialplan.publication import (
    ListedDialplan,
    Publication,
    PublishedPlan,
    Rendering,
    warnings_of,
    what_is_served,
)
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.engine.publishing.config import PublishingPorts
from ivr.engine.publishing.drafts import main_name, read_draft
from ivr.engine.publishing.history import certified
from ivr.engine.publishing.live import Act, enter_refused, go_live, published_now, tidy_up
from ivr.engine.publishing.prompts import Progress, PromptRenderer, PublishedPrompts, sounds_of
from ivr.engine.publishing.served import parsed
from ivr.errors import DeniedError, DialplanError, OperatorError
from ivr.ports.speech import Synthesizer, Vocabulary
from ivr.ports.versions import DialplanVersions

SHOWN = 12
"""Phrases that are named in one message, at most."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be served: sound and proved. Nothing of it was spoken yet."""

    plans: tuple[PublishedPlan, ...]
    fresh: Mapping[str, Dialplan]
    """File -> its dialplan, of those that are read from drafts: their warnings in `plans` are known once spoken."""
    before: Publication | None
    """What is served now."""

    @property
    def digest(self) -> str:
        """What somebody approves."""
        return what_is_served(self.plans)


Approval = Callable[[str, str], Mapping[str, object]]
"""`approval(digest, dialplan)`: who approved a proposal, for its entries, by its digest and the id of its first
dialplan. Raises DeniedError where somebody must and did not."""


def publish(
    ports: PublishingPorts,
    act: Act,
    files: Sequence[str],
    *,
    approval: Approval,
    speaking: Callable[[], AbstractContextManager[Synthesizer]],
    progress: Progress,
) -> tuple[Publication, bool]:
    """Make what the settings list (of it only `files`, if any) what is served; whether it is another than before.

    Raises DialplanError, DeniedError, entered in the audit log, and other IvrErrors; then nothing changed.
    """
    with ports.publications.alone():
        before = published_now(ports)
        try:
            proposal = propose(ports, files, before)
            approved = approval(proposal.digest, proposal.plans[0].id) if _differs(proposal) else {}
            with speaking() as voice:
                made = _spoken(ports, proposal, act, voice, progress)
        except (DeniedError, OperatorError) as error:
            written = {main_name(entry.file): _digest(ports, entry.file) for entry in ports.listed}
            enter_refused(ports, act, error, {"files": written})
            raise
        if before is not None and made.same_as(before):
            return before, False
        go_live(ports, made, act.reason, approved)
        tidy_up(ports)
        return made, True


def propose(ports: PublishingPorts, files: Sequence[str], before: Publication | None) -> Proposal:
    """What the settings list (of it only `files`, if any), ready to be spoken. Raises IvrError."""
    chosen = _chosen(ports, files, before)
    drafts = {entry.file: read_draft(ports.drafts, entry.file) for entry in chosen if isinstance(entry, ListedDialplan)}
    for draft in drafts.values():
        check_offered(draft.dialplan, ports.offers)
    proofs = {file: certificate_of(ports, draft.dialplan) for file, draft in drafts.items()}
    check_heard(ports.vocabularies, [draft.dialplan for draft in drafts.values()])
    plans: list[PublishedPlan] = []
    for entry in chosen:
        if isinstance(entry, PublishedPlan):
            plans.append(entry)
            continue
        draft, proof = drafts[entry.file], proofs[entry.file]
        sounds = sounds_of(draft.dialplan.static_clips(), partial(ports.drafts.sound, entry.file))
        _refuse_changed(ports.versions, draft.dialplan, sounds)
        plans.append(
            PublishedPlan(
                called=entry.called,
                id=draft.dialplan.id,
                sha256=draft.dialplan.sha256,
                file=entry.file,
                certificate=proof.id,
                rules=proof.rules,
                main=draft.main,
                texts=draft.texts,
                sounds=sounds,
            )
        )
    if not plans:
        raise OperatorError("the settings list no dialplan: write one under `dialplans:` in ivr.yaml")
    return Proposal(tuple(plans), {file: draft.dialplan for file, draft in drafts.items()}, before)


def certificate_of(ports: PublishingPorts, dialplan: Dialplan) -> Certificate:
    """The dialplan's certificate: a kept one where the audit log knows it, else proved now: a file may be anybody's.

    Raises DialplanError when a rule can be broken.
    """
    kept = ports.certificates.find(dialplan)
    if kept is not None and certified(ports.log, dialplan.sha256, kept.id):
        return kept
    proof = prove(dialplan)
    if proof.certificate is None:
        stories = tell(dialplan, proof.counterexamples)
        raise DialplanError(f"{dialplan.source} is not served, as its rules can be broken:\n{stories}")
    ports.certificates.keep(proof.certificate)
    return proof.certificate


def check_heard(vocabularies: Mapping[str, Callable[[], Vocabulary]], dialplans: Sequence[Dialplan]) -> None:
    """Every phrase is made of words that its language's recognizer knows. Raises OperatorError, ModelError."""
    for language, opened in vocabularies.items():
        if not any(language in dialplan.languages for dialplan in dialplans):
            continue
        known = opened()
        deaf = [
            f"{dialplan.source}: {place}: '{phrase}' ({', '.join(words)})"
            for dialplan in dialplans
            for place, phrase in dict.fromkeys(phrases(dialplan, language))
            if (words := known.unknown(phrase))
        ]
        if deaf:
            more = f"\nand {len(deaf) - SHOWN} more" if len(deaf) > SHOWN else ""
            raise OperatorError(
                f"the {known.name} for {language} does not know all words of these phrases (those in brackets), "
                "so they would never be heard: write other words for them\n" + "\n".join(deaf[:SHOWN]) + more
            )


def rolled_back(ports: PublishingPorts, act: Act, to: Publication) -> Publication:
    """An earlier publication, to be served again: what the settings have now is enough for it, and it is proved anew.

    Raises IvrError.
    """
    plans = []
    for plan in to.plans:
        dialplan = parsed(plan)
        check_offered(dialplan, ports.offers)
        proof = certificate_of(ports, dialplan)
        plans.append(replace(plan, certificate=proof.id, rules=proof.rules))
    return replace(to, at=ports.wall(), actor=act.actor, plans=tuple(plans))


def _spoken(
    ports: PublishingPorts, proposal: Proposal, act: Act, voice: Synthesizer, progress: Progress
) -> Publication:
    before = proposal.before
    known: Mapping[str, Rendering] = before.prompts if before is not None else {}
    prompts: dict[str, Rendering] = {}
    if len(proposal.fresh) < len(proposal.plans):
        assert before is not None
        if before.renderer != voice.name:
            raise OperatorError(
                "the synthesizer is another than the one that spoke what is served: publish all dialplans, not some"
            )
        prompts |= known
    plans = list(proposal.plans)
    for number, plan in enumerate(plans):
        if (dialplan := proposal.fresh.get(plan.file)) is None:
            continue
        rendered, plans[number] = spoken_again(ports, plan, dialplan, voice, {**known, **prompts}, progress)
        prompts |= rendered
    return Publication(ports.wall(), act.actor, voice.name, tuple(plans), prompts)


def spoken_again(
    ports: PublishingPorts,
    plan: PublishedPlan,
    dialplan: Dialplan,
    voice: Synthesizer,
    known: Mapping[str, Rendering],
    progress: Progress,
) -> tuple[dict[str, Rendering], PublishedPlan]:
    """A dialplan's prompts, of which what is `known` and sound is not made again, and it with what its warnings sound
    like then. Raises IvrError."""
    clips = dialplan.static_clips()
    pieces = piece_clips(dialplan) if ports.in_pieces else ()
    renderer = PromptRenderer(ports.prompts, voice, partial(ports.drafts.sound, plan.file), ports.at_once)
    rendered = renderer.render((*clips, *pieces), plan.sounds, known, progress)
    spoken = PublishedPrompts(clips, rendered, ports.prompts, renderer=voice.name, sounds=plan.sounds)
    return rendered, replace(plan, warnings=warnings_of(dialplan, spoken.pcm))


def _differs(proposal: Proposal) -> bool:
    return proposal.before is None or proposal.digest != what_is_served(proposal.before.plans)


def _chosen(
    ports: PublishingPorts, files: Sequence[str], before: Publication | None
) -> list[ListedDialplan | PublishedPlan]:
    """What goes in: dialplans to be read, and published ones that stay as they are."""
    if not files:
        return list(ports.listed)
    wanted = {entry.file for entry in ports.listed for file in files if ports.drafts.is_same(entry.file, file)}
    if unknown := [file for file in files if not any(ports.drafts.is_same(file, one) for one in wanted)]:
        raise OperatorError(
            f"the settings do not list {', '.join(sorted(unknown))}: write it under `dialplans:` in ivr.yaml, with the "
            "numbers that it answers"
        )
    chosen: list[ListedDialplan | PublishedPlan] = []
    for entry in ports.listed:
        if entry.file in wanted:
            chosen.append(entry)
        elif before is not None and (plan := before.plan_of(entry.file)) is not None:
            chosen.append(plan)
    return chosen


def _refuse_changed(versions: DialplanVersions, dialplan: Dialplan, sounds: Mapping[str, str]) -> None:
    """One version is one text and one sound, for ever: records and evidence name it. Raises OperatorError."""
    for kept in versions.all():
        if kept.id != dialplan.id:
            continue
        mend = f"count its version up (version: in {main_name(dialplan.source)}), then publish"
        if kept.sha256 != dialplan.sha256:
            raise OperatorError(
                f"{dialplan.source}: {dialplan.id} was published with another text before "
                f"(SHA-256 {kept.sha256[:12]}, now {dialplan.sha256[:12]}): {mend}"
            )
        changed = sorted(name for name, digest in sounds.items() if digest not in kept.sounds.get(name, (digest,)))
        if changed:
            raise OperatorError(
                f"{dialplan.source}: {dialplan.id} was published with other recordings before "
                f"({', '.join(changed)}): {mend}"
            )


def _digest(ports: PublishingPorts, file: str) -> str:
    try:
        return hashlib.sha256(ports.drafts.text(file).encode()).hexdigest()
    except OperatorError:
        return ""
