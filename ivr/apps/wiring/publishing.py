"""Publishing: the act by which dialplans go live. Checked, proved, rendered, entered in the audit log; then a pointer.

All or none: until the pointer is replaced everything that was served goes on, and after it nothing of before is served
to a new call. The audit log decides what the pointer must name; an act that was broken off between the two is finished
at the next start (ADR 27).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.dialplans.versions import DialplanVersions
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.certificates import certificate_of
from ivr.apps.wiring.dialplan_audit import enter_refused, published_entries
from ivr.apps.wiring.dialplans import check_transfers, read_dialplan_texts, says
from ivr.apps.wiring.heard import check_heard
from ivr.apps.wiring.served import ServedPlans, prompt_files, publications
from ivr.apps.wiring.sources import check_lookups
from ivr.apps.wiring.vault import audit_log, audit_signer, open_key_store
from ivr.apps.wiring.versions import kept_versions
from ivr.core.audit.note import Signer
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import Certificate
from ivr.core.dialplan.publication import DEFAULT, Publication, PublishedPlan, Rendering, warnings_of
from ivr.engine.office.published import PUBLISHED
from ivr.engine.speech.prompts import PromptRenderer, PublishedPrompts
from ivr.errors import DialplanError, EnvironmentFault, IvrError, OperatorError, SealError
from ivr.ports.speech import Synthesizer

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Act:
    """Who publishes what, and why."""

    actor: str
    reason: str = ""
    files: tuple[Path, ...] = ()
    """Only these of the settings' dialplans, the others stay as they are; none: what the settings list, and no more."""


def publish(settings: Settings, act: Act, voice: Synthesizer, progress: Progress) -> tuple[Publication, bool]:
    """Make what the settings list the publication that is served; returns it, and whether it is another than before.

    Raises DialplanError, entered in the audit log, when something is not sound, and other IvrErrors; then nothing
    changed.
    """
    with publications(settings).alone():
        before = published_now(settings)
        try:
            made = _made(settings, act, voice, before, progress)
        except (DialplanError, OperatorError) as error:
            enter_refused(settings, str(error), actor=act.actor)
            raise
        if before is not None and made.same_as(before):
            return before, False
        _go_live(settings, made, act.reason)
        _tidy_up(settings)
        return made, True


def _go_live(settings: Settings, made: Publication, reason: str, *, damaged: int = 0) -> None:
    """Keep it, read it as a cell will, enter it, and point to it: in this order. Raises IvrError.

    `damaged`: dialplans of it that are known to be unfit, and stay unserved.
    """
    files, keys = publications(settings), open_key_store(settings)
    files.keep(made)
    unfit = ServedPlans(files.load(made.id), prompt_files(settings)).faults
    if len(unfit) > damaged:
        raise EnvironmentFault("what was written does not read back, so nothing changed: " + "; ".join(unfit))
    for plan in made.plans:
        texts = {plan.main: plan.texts[plan.main], **plan.texts}
        kept_versions(settings).keep(plan.id, plan.sha256, texts, plan.sounds, now=made.at)
    log = audit_log(settings, keys)
    try:
        log.append(published_entries(made, reason))
        files.point_to(made, audit_signer(keys))
    finally:
        log.close()


def _tidy_up(settings: Settings) -> None:
    """Audio that no publication names: of acts that were refused or broken off. Running cells have theirs in memory."""
    with suppress(IvrError):  # where one cannot be read nobody knows what it needs: all is kept
        named = {one.sha256 for kept in publications(settings).all() for one in kept.prompts.values()}
        prompt_files(settings).sweep(named)


def published_now(settings: Settings) -> Publication | None:
    """What is served by the word of the audit log; None when nothing was ever published. Finishes what was broken off.

    Raises SealError when the pointer, the publication or the log was altered, or one of them set back.
    """
    keys = open_key_store(settings)
    files, signer = publications(settings), audit_signer(keys)
    log = audit_log(settings, keys)
    try:
        log.publish()
        named = files.current(signer.verifier)
        entered = list(_entered(log, named.at if named is not None else 0.0))
        if not entered:
            if named is not None:
                raise SealError(
                    "the audit log knows nothing of the publication that is to be served: the log was set back. "
                    "Restore it from its newest backup, or publish again"
                )
            return None
        if named is not None and entered[-1] == named.id:
            return named
        return _finished(files.load(entered[-1]), settings, signer)
    finally:
        log.close()


def _entered(log: AuditLog, at: float) -> Iterator[str]:
    """Ids of the publications that the log holds since a time, in order."""
    for _, entry in log.since(at, actions=(PUBLISHED,)):
        if isinstance(id := entry.details.get("publication"), str):
            yield id


def _finished(publication: Publication, settings: Settings, signer: Signer) -> Publication:
    publications(settings).point_to(publication, signer)
    return publication


# --- making one -----------------------------------------------------------------------------------------------------


def _made(
    settings: Settings, act: Act, voice: Synthesizer, before: Publication | None, progress: Progress
) -> Publication:
    """A publication, rendered and kept by version, but not pointed to. Raises IvrError."""
    listed = _chosen(settings, act, before)
    read = {entry.file: _read(entry.file, settings) for entry in listed if isinstance(entry, DialplanSettings)}
    check_heard(settings, [dialplan for dialplan, _, _ in read.values()])
    known: Mapping[str, Rendering] = before.prompts if before is not None else {}
    plans: list[PublishedPlan] = []
    prompts: dict[str, Rendering] = {}
    for entry in listed:
        if isinstance(entry, PublishedPlan):
            plans.append(entry)
            continue
        dialplan, texts, certificate = read[entry.file]
        renderer = PromptRenderer(prompt_files(settings), voice, entry.file.parent)
        clips = dialplan.static_clips()
        sounds = renderer.sounds(clips)
        _refuse_changed(kept_versions(settings), dialplan, sounds)
        rendered = renderer.render(clips, sounds, {**known, **prompts}, progress)
        prompts |= rendered
        spoken = PublishedPrompts(clips, rendered, prompt_files(settings), renderer=voice.name, sounds=sounds)
        plans.append(
            PublishedPlan(
                called=(entry.called,) if isinstance(entry.called, str) else entry.called,
                id=dialplan.id,
                sha256=dialplan.sha256,
                file=str(entry.file),
                certificate=certificate.id,
                rules=certificate.rules,
                main=entry.file.name,
                texts=texts,
                sounds=sounds,
                warnings=warnings_of(dialplan, spoken.pcm),
            )
        )
    if any(isinstance(entry, PublishedPlan) for entry in listed):
        assert before is not None
        if before.renderer != voice.name:
            raise OperatorError(
                "the synthesizer is another than the one that spoke what is served: publish all dialplans, not some"
            )
        prompts = {**before.prompts, **prompts}
    return Publication(time.time(), act.actor, voice.name, tuple(plans), prompts)


def _chosen(settings: Settings, act: Act, before: Publication | None) -> list[DialplanSettings | PublishedPlan]:
    """What goes in: dialplans to be read, and published ones that stay as they are."""
    if not act.files:
        return list(settings.dialplans)
    wanted = {path.resolve() for path in act.files}
    listed = {entry.file.resolve() for entry in settings.dialplans}
    if unknown := sorted(str(path) for path in wanted - listed):
        raise OperatorError(
            f"the settings do not list {', '.join(unknown)}: write it under `dialplans:` in ivr.yaml, with the numbers "
            "that it answers"
        )
    chosen: list[DialplanSettings | PublishedPlan] = []
    for entry in settings.dialplans:
        if entry.file.resolve() in wanted:
            chosen.append(entry)
        elif before is not None and (plan := before.plan_of(str(entry.file))) is not None:
            chosen.append(plan)
    return chosen


def _read(path: Path, settings: Settings) -> tuple[Dialplan, dict[str, str], Certificate]:
    """A dialplan that is sound and proved, asks what the settings have, and leads where they say. Raises IvrError."""
    if not path.is_file():
        raise OperatorError(
            f"there is no dialplan {path}: name it in `dialplans`, a path from the settings file's folder"
        )
    dialplan, texts = read_dialplan_texts(path)
    check_lookups(dialplan, settings)
    check_transfers(dialplan, settings)
    return dialplan, texts, certificate_of(dialplan, settings.data_dir / "certificates")


def _refuse_changed(versions: DialplanVersions, dialplan: Dialplan, sounds: Mapping[str, str]) -> None:
    """One version is one text and one sound, for ever: records and evidence name it. Raises OperatorError."""
    for kept in versions.all():
        if kept.id != dialplan.id:
            continue
        mend = f"count its version up (version: in {Path(dialplan.source).name}), then publish"
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


# --- at the engine's start ------------------------------------------------------------------------------------------


def check_fit(served: ServedPlans, settings: Settings) -> None:
    """What is served asks only what the settings have. Raises IvrError: a dead lookup or transfer is not served."""
    for plan in served.plans:
        check_lookups(plan.dialplan, settings)
        check_transfers(plan.dialplan, settings)


def mend_prompts(settings: Settings, act: Act, voice: Synthesizer) -> Sequence[str]:
    """Publish again, from the published texts, what has missing or damaged prompts; returns what cannot be had so.

    No synthesizer speaks alike twice, bit for bit: what it speaks now is another sound, so it is published as such.
    """
    files, lost = prompt_files(settings), []
    with publications(settings).alone():
        now = published_now(settings)
        if now is None:
            return []
        plans, prompts = list(now.plans), dict(now.prompts)
        for number, plan in enumerate(ServedPlans(now, files).plans):
            if not plan.fault:
                continue
            sounds, clips = plan.published.sounds, plan.dialplan.static_clips()
            try:
                if voice.name != now.renderer:
                    raise OperatorError(f"{voice.name} speaks now, and {now.renderer} spoke them")
                fresh = PromptRenderer(files, voice, Path(plan.published.file).parent).render(clips, sounds, prompts)
                spoken = PublishedPrompts(clips, fresh, files, renderer=voice.name, sounds=sounds)
                warnings = warnings_of(plan.dialplan, spoken.pcm)
            except IvrError as error:
                lost.append(f"{plan.published.id}: {error}")
                continue
            prompts |= fresh
            plans[number] = replace(plan.published, warnings=warnings)
        made = replace(now, at=time.time(), actor=act.actor, plans=tuple(plans), prompts=prompts)
        if not made.same_as(now):
            _go_live(settings, made, act.reason, damaged=len(lost))
    return lost


def differences(settings: Settings, publication: Publication) -> Iterator[str]:
    """What of the settings' dialplans, as they are on disk, is not what is served."""
    listed = {str(entry.file): entry for entry in settings.dialplans}
    for file, entry in listed.items():
        plan = publication.plan_of(file)
        if plan is None:
            yield f"{file} is listed and not published"
            continue
        try:
            same = says(entry.file, plan.main, plan.texts) or read_dialplan_texts(entry.file)[0].sha256 == plan.sha256
        except IvrError:
            yield f"{file} is not sound now; {plan.id} is served as it was published"
            continue
        called = (entry.called,) if isinstance(entry.called, str) else entry.called
        if not same or called != plan.called:
            yield f"{file} differs from {plan.id}, which is served as it was published"
    for plan in publication.plans:
        if plan.file not in listed:
            yield f"{plan.id} is served and no longer listed"


def shown_numbers(plan: PublishedPlan) -> str:
    """Its numbers, for people."""
    return "every other number" if plan.called == (DEFAULT,) else ", ".join(plan.called)
