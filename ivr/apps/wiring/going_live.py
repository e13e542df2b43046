"""Publishing at the engine's start and under a running one, by its own settings."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from ivr.apps.settings import Settings
from ivr.apps.wiring.publishing import open_publishing
from ivr.apps.wiring.synthesis import better_voice, voice_not_live
from ivr.durable import write_durably
from ivr.engine.publishing import starting
from ivr.engine.publishing.live import Act, published_now
from ivr.errors import DialplanError, EnvironmentFault
from ivr.ports.keys import KeyStore

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
        with open_publishing(settings) as ports:
            act = Act(self.actor, "SIGHUP to the running engine")
            return starting.publish_listed(ports, PublishingProcess(settings, self.say), act).id

    def _published(self) -> str:
        with open_publishing(self.settings) as ports:
            publication = published_now(ports)
        if publication is None:
            raise EnvironmentFault("nothing is published")
        return publication.id


def ready_to_serve(settings: Settings, keys: KeyStore, actor: str, say: Say) -> str:
    """Id of the publication to begin with. Raises IvrError when there is none."""
    with open_publishing(settings, keys) as ports:
        is_first = published_now(ports) is None
        publication = starting.ready_to_serve(ports, PublishingProcess(settings, say), actor, say)
    told = better_voice(settings) if is_first else voice_not_live(settings, publication.renderer)
    if told:
        say(told)
    return publication.id


@dataclass(frozen=True, slots=True)
class PublishingProcess:
    """`Apart`: what it is ordered to do it reads from its standard input."""

    settings: Settings
    say: Say

    def publish(self, act: Act) -> None:
        """Publish what the settings list. Raises DialplanError."""
        _run(self.settings, {"mend": False, "actor": act.actor, "reason": act.reason}, self.say)

    def mend(self, act: Act) -> None:
        """Have damaged prompts spoken again. Raises DialplanError."""
        _run(self.settings, {"mend": True, "actor": act.actor, "reason": act.reason}, self.say)


def _run(settings: Settings, order: dict[str, object], say: Say) -> None:
    file = settings.runtime_dir / "publish.json"
    write_durably(file, settings.model_dump_json().encode())
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
