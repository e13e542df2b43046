"""What `ivr serve` serves: what was published; where nothing ever was, what the settings list, published first."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from ivr.apps.settings import Settings
from ivr.apps.wiring.publishing import check_fit, differences, published_now, shown_numbers
from ivr.apps.wiring.served import ServedPlans, prompt_files
from ivr.core.dialplan.publication import Publication
from ivr.errors import DialplanError, EnvironmentFault

PROGRESS_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Live:
    """Publishing under a running engine."""

    settings: Settings
    """Those that it runs by."""
    written: Settings
    """The same as they were read."""
    actor: str
    reread: Callable[[], Settings]
    say: Say

    async def publish_listed(self) -> str:
        """SIGHUP: publish the dialplans that the settings list now; name what else changed. Raises IvrError."""
        return await asyncio.to_thread(self._publish_listed)

    async def published(self) -> str:
        """Id of what was published by a command. Raises IvrError."""
        return await asyncio.to_thread(self._published)

    def _publish_listed(self) -> str:
        fresh = self.reread()
        changed = [
            name
            for name in type(fresh).model_fields
            if name != "dialplans" and getattr(fresh, name) != getattr(self.written, name)
        ]
        if changed:
            self.say(f"changed in the settings, and in force after a restart only: {', '.join(changed)}")
        settings = self.settings.model_copy(update={"dialplans": fresh.dialplans})
        return publish_apart(settings, self.actor, "SIGHUP to the running engine", self.say).id

    def _published(self) -> str:
        publication = published_now(self.settings)
        if publication is None:
            raise EnvironmentFault("nothing is published")
        check_fit(ServedPlans(publication, prompt_files(self.settings)), self.settings)
        return publication.id


def ready_to_serve(settings: Settings, actor: str, say: Say) -> Publication:
    """The publication to begin with, with every prompt there that can be. Raises IvrError when none can be served."""
    publication = published_now(settings)
    if publication is None:
        publication = publish_apart(settings, actor, "the first start: nothing was published yet", say)
        say(f"nothing was published yet, so {actor} has now published what the settings list:")
        for plan in publication.plans:
            say(f"  {plan.id} for {shown_numbers(plan)}")
        return publication
    for difference in differences(settings, publication):
        say(f"not live: {difference}. To make the files live: ivr publish")
    served = ServedPlans(publication, prompt_files(settings))
    check_fit(served, settings)
    if served.faults:
        return _mended(settings, publication, served, actor, say)
    return publication


def _mended(settings: Settings, publication: Publication, served: ServedPlans, actor: str, say: Say) -> Publication:
    """Have damaged prompts spoken again from the published texts; what cannot be had so is not served."""
    for fault in served.faults:
        say(f"DAMAGED: {fault}")
    say("speaking the damaged prompts again, from the published texts")
    reason = "prompts were damaged, and are spoken anew from the published texts"
    try:
        _run(settings, {"mend": True, "actor": actor, "reason": reason}, say)
    except DialplanError as error:
        say(f"they cannot be spoken now: {error}")
    publication = published_now(settings) or publication
    left = ServedPlans(publication, prompt_files(settings)).faults
    if not left:
        say("every prompt is whole again; what was spoken anew is published as such")
    elif len(left) == len(publication.plans):
        raise EnvironmentFault(
            f"no dialplan can be served, as prompts are not what was published: restore {settings.prompts_dir} from a "
            "backup, or publish again (ivr publish):\n" + "\n".join(left)
        )
    for fault in left:
        say(f"NOT SERVED, its callers are refused: {fault}. Restore the prompts from a backup, or: ivr publish")
    return publication


def publish_apart(settings: Settings, actor: str, reason: str, say: Say) -> Publication:
    """Publish in a process of its own, since it brings a synthesizer. Raises DialplanError when something is wrong."""
    _run(settings, {"mend": False, "actor": actor, "reason": reason}, say)
    publication = published_now(settings)
    assert publication is not None
    return publication


def _run(settings: Settings, order: dict[str, object], say: Say) -> None:
    file = settings.runtime_dir / "publish.json"
    file.write_text(settings.model_dump_json(), encoding="utf-8")
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "ivr.apps.wiring.process", "publish", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        said_at = time.monotonic()
        for line in process.stdout:
            word, *numbers = line.split()
            if word == "progress" and time.monotonic() - said_at > PROGRESS_SECONDS:
                said_at = time.monotonic()
                say(f"speaking prompts: {numbers[0]} of {numbers[1]}")
            elif word == "lost":
                say(line.removeprefix("lost ").strip())
        faults = process.stderr.read().strip()
    if process.returncode:
        raise DialplanError(f"the dialplans cannot be published:\n{faults}")
