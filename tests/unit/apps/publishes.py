"""An engine's settings, a dialplan that is edited beside them, and what it publishes."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from ivr.adapters.files.keys.passphrase import create_passphrase
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.publishing import kept_versions, open_publishing
from ivr.apps.wiring.served import load_served
from ivr.apps.wiring.vault import audit_log, create_key_store, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.publication import Publication
from ivr.engine.publishing import drafts, live, making, starting
from ivr.engine.publishing.live import Act
from ivr.testing.fake_speech import FakeSynthesizer

MAIN = """\
name: small
version: "1"
languages: [en]
start: hello
include: [parts/end.yaml]
states:
  hello: {say: {en: %s}, go: bye}
"""
PART = "states: {bye: {hang_up: completed, say: {en: Bye.}}}\n"
SHA, OTHER = "ab" * 32, "cd" * 32


class Voice(FakeSynthesizer):
    """Speaks, and counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        self.texts.append(text)
        return super().synthesize(text, language=language, voice=voice)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    written = tmp_path / "written"
    (written / "parts").mkdir(parents=True)
    (written / "small.yaml").write_text(MAIN % "Hello.")
    (written / "parts" / "end.yaml").write_text(PART)
    found = Settings(data_dir=tmp_path / "var", dialplans=(DialplanSettings(file=written / "small.yaml"),))
    create_passphrase(found.passphrase_path)
    create_key_store(found)
    return found


def edit(settings: Settings, word: str, version: str = "1") -> None:
    settings.dialplans[0].file.write_text((MAIN % word).replace('"1"', f'"{version}"'))


def publishes(settings: Settings, *files: Path, voice: Voice | None = None) -> Publication:
    with open_publishing(settings) as ports:
        made, _ = making.publish(
            ports,
            Act("os:olga", "asked for"),
            tuple(map(str, files)),
            approval=lambda digest, dialplan: {},
            speaking=lambda: nullcontext(voice or Voice()),
            progress=lambda done, of: None,
        )
    return made


def published_now(settings: Settings) -> Publication | None:
    with open_publishing(settings) as ports:
        return live.published_now(ports)


def mend_prompts(settings: Settings, act: Act, voice: Voice) -> list[str]:
    with open_publishing(settings) as ports:
        return starting.mend_prompts(ports, act, voice)


def differences(settings: Settings, publication: Publication) -> list[str]:
    with open_publishing(settings) as ports:
        return list(starting.differences(ports, publication))


def kept_dialplan(settings: Settings, reference: str) -> Dialplan:
    return drafts.kept_dialplan(kept_versions(settings), reference)


def serves(settings: Settings, called: str = "1") -> Dialplan:
    """What a nursery would load now."""
    now = published_now(settings)
    assert now is not None
    return load_served(settings, now.id).serving(called)


def entries(settings: Settings, action: str = "dialplan.published") -> list[AuditEntry]:
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    found = [entry for _, entry in log.entries(actions=(action,))]
    log.close()
    return found
