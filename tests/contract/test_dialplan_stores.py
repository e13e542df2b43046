"""What publications, versions, prompts, drafts and certificates must be, on disk and in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.files.dialplans.certificates import CertificateFiles
from ivr.adapters.files.dialplans.drafts import DraftFiles
from ivr.adapters.files.dialplans.kept_drafts import KeptDraftFiles
from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.adapters.files.dialplans.publications import PublicationFiles
from ivr.adapters.files.dialplans.versions import VersionFiles
from ivr.core.audit.note import Signer
from ivr.core.dialplan.kept_draft import KeptDraft
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.publication import Publication, Rendering
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.drafts import Certificates, Drafts
from ivr.ports.kept_drafts import KeptDrafts
from ivr.ports.prompts import PromptStore
from ivr.ports.publications import Publications
from ivr.ports.versions import DialplanVersions
from ivr.testing.fake_dialplans import (
    MemoryCertificates,
    MemoryDrafts,
    MemoryKeptDrafts,
    MemoryPrompts,
    MemoryPublications,
    MemoryVersions,
)

SIGNER, OTHER = Signer("ivr-audit-contract", bytes(range(32))), Signer("ivr-audit-contract", bytes(32))
FIRST, SECOND = (Publication(at, "os:olga", "fake-1", (), {}) for at in (1.0, 2.0))
SHA, ANOTHER = "ab" * 32, "cd" * 32
BOTH = pytest.mark.parametrize("kind", ["files", "memory"])


@pytest.fixture
def publications(kind: str, tmp_path: Path) -> Publications:
    return PublicationFiles(tmp_path) if kind == "files" else MemoryPublications()


@pytest.fixture
def versions(kind: str, tmp_path: Path) -> DialplanVersions:
    return VersionFiles(tmp_path) if kind == "files" else MemoryVersions()


@pytest.fixture
def prompts(kind: str, tmp_path: Path) -> PromptStore:
    return PromptFiles(tmp_path) if kind == "files" else MemoryPrompts()


@pytest.fixture
def certificates(kind: str, tmp_path: Path) -> Certificates:
    return CertificateFiles(tmp_path) if kind == "files" else MemoryCertificates()


@pytest.fixture
def kept_drafts(kind: str, tmp_path: Path) -> KeptDrafts:
    return KeptDraftFiles(tmp_path / "drafts") if kind == "files" else MemoryKeptDrafts()


@pytest.fixture
def drafts(kind: str, tmp_path: Path) -> Drafts:
    texts = {"plan.yaml": "main", "parts/end.yaml": "the end"}
    if kind == "memory":
        made = MemoryDrafts()
        made.files = {**{f"{tmp_path}/{name}": text for name, text in texts.items()}, f"{tmp_path}/a.wav": b"\xff\xfe"}
        return made
    (tmp_path / "parts").mkdir()
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "a.wav").write_bytes(b"\xff\xfe")
    return DraftFiles()


@BOTH
def test_what_is_kept_is_served_only_when_the_pointer_says_so(publications: Publications) -> None:
    assert publications.current(SIGNER.verifier) is None
    assert publications.named() is None
    publications.keep(FIRST)
    publications.keep(SECOND)
    assert publications.current(SIGNER.verifier) is None
    publications.point_to(FIRST, SIGNER)
    assert publications.current(SIGNER.verifier) == publications.load(FIRST.id) == FIRST
    publications.point_to(SECOND, SIGNER)
    assert publications.named() == SECOND.id
    assert sorted(one.at for one in publications.all()) == [1.0, 2.0]


@BOTH
def test_a_pointer_of_another_key_and_a_missing_publication_are_refused(publications: Publications) -> None:
    publications.point_to(FIRST, SIGNER)
    with pytest.raises(EnvironmentFault):
        publications.load(FIRST.id)
    publications.keep(FIRST)
    with pytest.raises(SealError):
        publications.current(OTHER.verifier)


@BOTH
def test_one_publishes_at_a_time(publications: Publications) -> None:
    for _ in range(2):
        with publications.alone(), pytest.raises(OperatorError, match="somebody else"), publications.alone():
            pass


@BOTH
def test_a_version_is_kept_as_it_was_first_and_its_sounds_grow(versions: DialplanVersions) -> None:
    texts = {"small.yaml": "main", "parts/end.yaml": "the end"}
    first = versions.keep("small@1", SHA, texts, {"risk.wav": "11"}, now=1.0)
    again = versions.keep("small@1", SHA, {"small.yaml": "other"}, {"risk.wav": "22"}, now=2.0)
    assert (again.kept_at, again.sounds) == (1.0, {"risk.wav": ("11", "22")})
    assert versions.text(first) == versions.text(first, "small.yaml") == "main"
    assert versions.text(first, "parts/end.yaml") == "the end"
    with pytest.raises(OperatorError):
        versions.text(first, "parts/none.yaml")


@BOTH
def test_versions_are_found_by_name_and_hash_the_newest_first(versions: DialplanVersions) -> None:
    versions.keep("small@1", SHA, {"small.yaml": "one"}, {}, now=1.0)
    versions.keep("small@2", ANOTHER, {"small.yaml": "two"}, {}, now=2.0)
    assert [one.id for one in versions.all()] == ["small@2", "small@1"]
    assert versions.find("small@1") == versions.find(SHA) == versions.find(SHA[:8].upper())
    with pytest.raises(OperatorError):
        versions.find("small@3")


@BOTH
def test_a_prompt_is_its_hash_and_what_nobody_needs_goes(prompts: PromptStore) -> None:
    one, two = prompts.keep(b"\1\0", "1" * 64), prompts.keep(b"\2\0", "2" * 64)
    assert (prompts.made("1" * 64), prompts.made("3" * 64)) == (one, None)
    assert prompts.read(one) == b"\1\0"
    assert prompts.holds(two)
    assert not prompts.holds(Rendering(one.sha256, one.samples + 1))
    assert prompts.sweep({one.sha256}) == 1
    assert prompts.holds(one)
    assert (prompts.made("1" * 64), prompts.made("2" * 64)) == (one, None)
    with pytest.raises(EnvironmentFault):
        prompts.read(two)


@pytest.mark.parametrize("hint", [b"", b"[", b"[1, 2]", b'["../x", 1]', b"{}", b'["a"]'])
def test_a_hint_that_was_cut_or_changed_is_none(tmp_path: Path, hint: bytes) -> None:
    files = PromptFiles(tmp_path)
    files.keep(b"\1\0", "1" * 64)
    (tmp_path / f"{'1' * 64}.made").write_bytes(hint)
    assert files.made("1" * 64) is None


@BOTH
def test_a_draft_is_read_with_what_lies_beside_it_and_nothing_else(drafts: Drafts, tmp_path: Path) -> None:
    file = str(tmp_path / "plan.yaml")
    assert (drafts.text(file), drafts.text(file, "parts/end.yaml")) == ("main", "the end")
    assert drafts.sound(file, "a.wav") == b"\xff\xfe"
    assert drafts.is_same(file, file)
    assert not drafts.is_same(file, str(tmp_path / "other.yaml"))
    (tmp_path.parent / "outside.yaml").write_text("somebody else's")
    for read in (drafts.text, drafts.sound):
        for name in ("missing", "../outside.yaml", "/etc/hostname"):
            with pytest.raises(OperatorError):
                read(file, name)
    for refused in ((str(tmp_path / "missing.yaml"),), (file, "a.wav")):
        with pytest.raises(OperatorError):
            drafts.text(*refused)


@BOTH
def test_a_certificate_is_found_for_the_dialplan_that_it_is_of(certificates: Certificates) -> None:
    text = 'name: small\nversion: "%s"\nlanguages: [en]\nstart: bye\nstates: {bye: {hang_up: completed}}\n'
    one, two = (load_dialplan(text % version, source="small.yaml") for version in "12")
    assert certificates.find(one) is None
    certificate = prove(one).certificate
    assert certificate is not None
    certificates.keep(certificate)
    assert certificates.find(one) == certificate
    assert certificates.find(two) is None


DRAFT = KeptDraft("0123456789ab", "/plans/a.yaml", 1.0, SHA, "a.yaml", {"a.yaml": "say: 你好\n"}, "", 1, 2.0, "os:olga")


@BOTH
def test_a_kept_draft_is_what_was_kept_last_until_it_is_dropped(kept_drafts: KeptDrafts) -> None:
    assert list(kept_drafts.all()) == []
    with kept_drafts.alone():
        kept_drafts.keep(DRAFT)
        kept_drafts.keep(replace(DRAFT, revision=2, texts={**DRAFT.texts, "parts/b.yaml": "x"}))
    assert kept_drafts.load(DRAFT.id).revision == 2
    assert [one.texts["parts/b.yaml"] for one in kept_drafts.all()] == ["x"]
    kept_drafts.drop(DRAFT.id)
    kept_drafts.drop(DRAFT.id)
    with pytest.raises(OperatorError, match="there is no draft"):
        kept_drafts.load(DRAFT.id)


@pytest.mark.parametrize("id", ["../published/current", "", "0123456789AB", "0123456789ab/../x", "0123456789ab\n"])
def test_an_id_is_no_path(tmp_path: Path, id: str) -> None:
    with pytest.raises(OperatorError, match="a draft's id has 12 digits"):
        KeptDraftFiles(tmp_path).load(id)


def test_a_draft_that_was_put_in_anothers_place_or_is_none_opens_for_nobody(tmp_path: Path) -> None:
    files = KeptDraftFiles(tmp_path)
    files.keep(DRAFT)
    (tmp_path / "ffffffffffff.json").write_bytes((tmp_path / f"{DRAFT.id}.json").read_bytes())
    with pytest.raises(SealError, match="another draft than its name says"):
        files.load("ffffffffffff")
    for damage in (
        b"",
        b"[]",
        b'{"format": 1}',
        DRAFT.encode()[:-9],
        DRAFT.encode().replace(b'"a.yaml": "say', b'"b.yaml": "say'),
    ):
        (tmp_path / f"{DRAFT.id}.json").write_bytes(damage)
        with pytest.raises(SealError, match="no draft of ours"):
            files.load(DRAFT.id)
