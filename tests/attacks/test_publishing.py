"""What somebody tries who may write dialplans, or files of ours, and wants to have live what nobody else has read."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.dialplans.drafts import DraftFiles
from ivr.adapters.files.text import LONGEST_BYTES
from ivr.core.audit.approval import APPROVAL_SECONDS
from ivr.core.audit.note import Signer
from ivr.core.audit.roles import DEMANDED
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import Certificate
from ivr.core.dialplan.publication import Publication
from ivr.engine.office import dialplans
from ivr.engine.office.dialplans import ApprovePublishing, Publish, RollBack
from ivr.engine.publishing.live import published_now
from ivr.engine.publishing.making import certificate_of
from ivr.errors import DeniedError, DialplanError, IvrError, OperatorError, SealError
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_speech import FakeSynthesizer
from tests.unit.office.house import NOW, PLAN, House, audit_entry

TEXT = """\
name: small
version: "%s"
languages: [en]
start: hello
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 2, otherwise: bye}
protect:
  deal: {after: [risk]}
states:
  hello:
    ask: {en: %s}
    choices:
      yes: {press: 1, hear: {en: [yes]}, go: warning}
      no: {press: 2, hear: {en: [no]}, go: %s}
    silence: {attempts: 2, otherwise: bye}
    nomatch: {attempts: 2, otherwise: bye}
  warning: {disclose: risk, go: deal}
  deal: {say: {en: Done.}, go: bye}
  bye: {hang_up: completed}
"""
ANOTHER_CLOCK = 5 * 365 * 86400.0


class Line:
    """A house whose settings list one dialplan, where two persons are demanded."""

    def __init__(self) -> None:
        self.house = House()
        self.house.log.append([audit_entry("os:officer", DEMANDED, "publish")])
        self.write("1", "Hello.")

    def write(self, version: str, words: str, go: str = "bye") -> None:
        self.house.drafts.files[PLAN] = TEXT % (version, words, go)

    def dialplan(self) -> Dialplan:
        return load_dialplan(str(self.house.drafts.files[PLAN]), source=PLAN)

    def approve(self, by: str = "os:ben", for_: str = "os:olga", *, back_to: str | None = None) -> None:
        dialplans.approve(self.house.office(by), ApprovePublishing(for_, back_to=back_to, reason="read it"))

    def publish(self, who: str = "os:olga") -> Publication:
        return dialplans.publish(self.house.office(who), Publish(reason="asked for")).publication

    def live(self) -> Publication | None:
        return published_now(self.house.publishing)


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_proof_that_was_laid_into_the_data_directory_proves_nothing(line: Line) -> None:
    line.write("1", "Hello.", go="deal")
    dialplan = line.dialplan()
    line.house.publishing.certificates.keep(Certificate(dialplan.id, dialplan.sha256, ("deal: after risk",), 4, 4, 4))
    with pytest.raises(DialplanError, match="without risk"):
        line.approve()
    with pytest.raises(DialplanError, match="without risk"):
        certificate_of(line.house.publishing, dialplan)
    assert line.live() is None


def test_a_proof_of_ours_is_believed_once_the_log_knows_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.approve()
    line.publish()
    monkeypatch.setattr("ivr.engine.publishing.making.prove", None)
    dialplan = line.dialplan()
    assert certificate_of(line.house.publishing, dialplan).sha256 == dialplan.sha256


def test_an_approval_that_was_used_comes_not_back_with_a_clock_that_is_set_back(line: Line) -> None:
    line.approve()
    first = line.publish()
    line.write("2", "Hello again.")
    line.house.now = NOW + 60.0
    line.approve()
    with speaking_takes(line.house, -3600.0):
        line.publish()
    line.approve(back_to=first.id)
    dialplans.roll_back(line.house.office("os:olga"), RollBack(first.id, reason="wrong words"))
    line.house.now = NOW + 120.0
    with pytest.raises(DeniedError, match="another person must approve it first"):
        line.publish()


def test_an_approval_of_a_clock_that_was_ahead_stands_in_for_none_that_was_used(line: Line) -> None:
    line.house.now = NOW + ANOTHER_CLOCK
    line.approve()
    line.house.now = NOW
    line.approve()
    first = line.publish()
    line.write("2", "Hello again.")
    line.approve()
    line.publish()
    line.write("1", "Hello.")
    with pytest.raises(DeniedError):
        line.publish()
    line.approve(back_to=first.id)
    dialplans.roll_back(line.house.office("os:olga"), RollBack(first.id, reason="wrong words"))


def test_an_approval_that_ends_while_prompts_are_spoken_stands_in_for_no_younger_one(line: Line) -> None:
    line.approve()
    line.house.now = NOW + APPROVAL_SECONDS - 1
    with speaking_takes(line.house, 10.0):
        first = line.publish()
    line.write("2", "Hello again.")
    line.approve()
    line.house.now += APPROVAL_SECONDS + 1
    with pytest.raises(DeniedError):
        line.publish()
    assert line.live() == first


def test_one_approval_serves_one_of_two_who_publish_at_once(line: Line) -> None:
    line.approve()
    begun, go_on = threading.Event(), threading.Event()
    with speaking_waits(begun, go_on), ThreadPoolExecutor(1) as pool:
        first = pool.submit(line.publish)
        assert begun.wait(30.0)
        try:
            with pytest.raises(OperatorError, match="somebody else is publishing"):
                line.publish()
        finally:
            go_on.set()
        assert first.result(30.0) == line.live()
    assert len(line.house.entries("dialplan.published")) == 1


def test_what_is_changed_while_it_is_spoken_is_published_as_it_was_approved(line: Line) -> None:
    line.approve()
    begun, go_on = threading.Event(), threading.Event()
    with speaking_waits(begun, go_on), ThreadPoolExecutor(1) as pool:
        first = pool.submit(line.publish)
        assert begun.wait(30.0)
        line.write("1", "Something else.")
        go_on.set()
        (plan,) = first.result(30.0).plans
    assert "Something else" not in plan.texts[plan.main]


def test_an_approval_is_for_one_person_and_one_thing(line: Line) -> None:
    line.approve()
    for who in ("os:ben", "os:cleo"):
        with pytest.raises(DeniedError):
            line.publish(who)
    line.house.list_also("/plans/other.yaml", (TEXT % ("1", "Other.", "bye")).replace("small", "other"))
    with pytest.raises(DeniedError):
        line.publish()
    line.house.publishing = replace(line.house.publishing, listed=line.house.publishing.listed[:1])
    line.publish()


def test_a_publication_of_a_wrong_clock_is_served_on_when_the_clock_is_right_again(tmp_path: Path) -> None:
    """Its entry stands among older ones by their times, so that a search by time alone does not find it."""
    line = Line()
    log = AuditLog(tmp_path / "audit", Signer("ivr-audit-memory", bytes(32)))
    on_disk = replace(line.house.publishing, log=log)
    line.approve()
    made = replace(line.publish(), at=NOW + ANOTHER_CLOCK)
    ports = line.house.publishing
    ports.publications.keep(made)
    ports.publications.point_to(made, ports.signer)
    with pytest.raises(SealError, match="log was set back"):
        published_now(on_disk)
    entry = replace(audit_entry("os:olga", "dialplan.published", "small@1"), details={"publication": made.id})
    busy = [audit_entry("hub", "call.ended", f"c{number}") for number in range(3 * TILE_WIDTH)]
    log.append([*busy, replace(entry, at=made.at), *busy])
    assert published_now(on_disk) == made
    second = replace(made, at=NOW)
    ports.publications.keep(second)
    log.append([replace(entry, at=NOW, details={"publication": second.id}), *busy])
    assert published_now(on_disk) == second, "its entry is the last one, whatever the clock said"


def test_a_log_that_was_set_back_behind_what_is_served_serves_nothing_older(line: Line) -> None:
    line.approve()
    line.publish()
    older = MemoryAuditLog(Signer("ivr-audit-memory", bytes(32)))
    older.append(line.house.entries("dialplan.published"))
    line.write("2", "Hello again.")
    line.house.now += 60.0
    line.approve()
    line.publish()
    with pytest.raises(SealError, match="log was set back"):
        published_now(replace(line.house.publishing, log=older))


def test_no_link_leads_out_of_a_dialplans_directory(tmp_path: Path) -> None:
    """A draft that is begun from it would show its words to somebody who may not read them."""
    secret, plans = tmp_path / "passphrase", tmp_path / "plans"
    plans.mkdir()
    secret.write_text("of the key store")
    (plans / "small.yaml").symlink_to(secret)
    (plans / "part.yaml").symlink_to(secret)
    (plans / "way").symlink_to(tmp_path)
    (plans / "real.yaml").write_text("name: small")
    (plans / "again.yaml").symlink_to(plans / "real.yaml")
    drafts, real = DraftFiles(), str(plans / "real.yaml")
    for file, name in ((str(plans / "small.yaml"), ""), (real, "part.yaml"), (real, "way/passphrase")):
        with pytest.raises(OperatorError, match="outside of the dialplan's directory") as refused:
            drafts.text(file, name)
        assert "key store" not in str(refused.value)
    with pytest.raises(OperatorError):
        drafts.sound(real, "way/passphrase")
    assert drafts.text(str(plans / "again.yaml")) == "name: small"


def test_a_pipe_and_a_file_without_end_are_no_dialplans(tmp_path: Path) -> None:
    main = tmp_path / "small.yaml"
    main.write_text("name: small")
    os.mkfifo(tmp_path / "pipe.yaml")
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(LONGEST_BYTES + 1)
    drafts = DraftFiles()
    for name, said in (("pipe.yaml", "is no file"), ("huge.yaml", "is longer than"), (".", "cannot be read")):
        with pytest.raises(OperatorError, match=said):
            drafts.text(str(main), name)
    for name in ("pipe.yaml", "huge.yaml"):
        with pytest.raises(IvrError):
            drafts.text(str(tmp_path / name))


@contextmanager
def speaking_takes(house: House, seconds: float) -> Iterator[None]:
    """While prompts are spoken the clock goes on, or is set."""

    class Slow(FakeSynthesizer):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            house.now = start + seconds
            return super().synthesize(text, language=language, voice=voice)

    start = house.now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.office.house.FakeSynthesizer", Slow)
        yield


@contextmanager
def speaking_waits(begun: threading.Event, go_on: threading.Event) -> Iterator[None]:
    """Whoever speaks waits for the other."""

    class Waiting(FakeSynthesizer):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            begun.set()
            assert go_on.wait(30.0)
            return super().synthesize(text, language=language, voice=voice)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.office.house.FakeSynthesizer", Waiting)
        yield
