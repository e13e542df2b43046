"""What is published is served, nothing else; each version is kept as it was and found by its name and by its hash."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.apps.cli.main import cli
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.dialplans import dialplan_of
from ivr.apps.wiring.publishing import kept_versions
from ivr.apps.wiring.served import load_served, publications
from ivr.core.call.call import Call
from ivr.core.dialplan.publication import Rendering
from ivr.core.orders.calls import CallArrived
from ivr.engine.publishing.drafts import Draft, read_draft
from ivr.engine.publishing.live import Act
from ivr.errors import DialplanError, EnvironmentFault, OperatorError, SealError
from ivr.ports.drafts import Drafts
from tests.unit.apps.publishes import (
    MAIN,
    OTHER,
    PART,
    SHA,
    Voice,
    differences,
    edit,
    entries,
    kept_dialplan,
    mend_prompts,
    published_now,
    publishes,
    serves,
)
from tests.unit.apps.publishes import settings as settings
from tests.unit.speech.test_prompts import make_wav


def types(settings: Settings, *words: str) -> Result:
    config = settings.data_dir.parent / "ivr.yaml"
    config.write_text(json.dumps({"data_dir": str(settings.data_dir)}))
    return CliRunner().invoke(cli, words, env={"IVR_CONFIG": str(config)})


def test_a_start_parses_a_listed_file_only_where_it_says_something_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = publishes(settings)
    parsed: list[str] = []

    def parse(files: Drafts, file: str) -> Draft:
        parsed.append(file)
        return read_draft(files, file)

    monkeypatch.setattr("ivr.engine.publishing.starting.read_draft", parse)
    assert differences(settings, now) == []
    assert parsed == []
    part = settings.dialplans[0].file.parent / "parts" / "end.yaml"
    part.write_text(PART.replace("Bye", "Good-bye"))
    (told,) = differences(settings, now)
    assert "differs from small@1" in told
    part.unlink()
    (told,) = differences(settings, now)
    assert "is not sound now" in told
    assert len(parsed) == 1


def test_what_is_published_is_kept_with_what_it_includes_and_outlives_its_files(settings: Settings) -> None:
    publishes(settings)
    shutil.rmtree(settings.dialplans[0].file.parent)
    served = serves(settings)
    for reference in ("small@1", served.sha256, served.sha256[:8]):
        again = kept_dialplan(settings, reference)
        assert again.sha256 == served.sha256
        assert again.states == served.states


def test_a_call_names_the_certificate_of_the_dialplan_that_served_it(settings: Settings) -> None:
    publishes(settings)
    call = Call(serves(settings))
    call.receive(CallArrived("call-1", "sip:someone@example.org", "1", 0.0), now=0.0)
    (kept,) = (settings.data_dir / "certificates").iterdir()
    certificate = json.loads(kept.read_text())
    assert call.record.certificate == certificate["id"] != ""
    assert certificate["sha256"] == call.record.dialplan_sha256


def test_publishing_is_an_entry_with_who_why_which_text_and_the_hashes_of_what_is_said(settings: Settings) -> None:
    made = publishes(settings)
    (entry,) = entries(settings)
    assert (entry.actor, entry.reason, entry.subject) == ("os:olga", "asked for", "small@1")
    assert entry.details["publication"] == made.id
    assert entry.details["sha256"] == made.plans[0].sha256
    assert entry.details["called"] == ["default"]
    assert hashlib.sha256((settings.data_dir / "published" / f"{made.id}.json").read_bytes()).hexdigest() == made.id
    for rendering in made.prompts.values():
        pcm = (settings.prompts_dir / f"{rendering.sha256}.pcm").read_bytes()
        assert hashlib.sha256(pcm).hexdigest() == rendering.sha256
        assert len(pcm) == 2 * rendering.samples


def test_an_edited_file_means_nothing_until_it_is_published(settings: Settings) -> None:
    publishes(settings)
    before = serves(settings)
    edit(settings, "Hello again.", "2")
    assert serves(settings).sha256 == before.sha256
    voice = Voice()
    publishes(settings, voice=voice)
    assert serves(settings).id == "small@2"
    assert voice.texts == ["Hello again."]  # what is said as before is not spoken again
    listed = types(settings, "versions").stdout
    assert "small@1" in listed
    assert "small@2" in listed
    done = types(settings, "diff", before.sha256[:10], "small@2")
    assert done.exit_code == 1
    assert "'Hello.' becomes 'Hello again.'" in done.stdout


def test_publishing_what_is_published_changes_nothing_and_enters_nothing(settings: Settings) -> None:
    first = publishes(settings)
    assert publishes(settings).id == first.id
    assert len(entries(settings)) == 1


def test_another_text_under_the_same_version_is_refused_and_told(settings: Settings) -> None:
    publishes(settings)
    before = serves(settings)
    edit(settings, "Good day.")
    with pytest.raises(OperatorError, match=r"small@1 was published with another text before.*count its version up"):
        publishes(settings)
    (settings.dialplans[0].file.parent / "parts" / "end.yaml").write_text(PART.replace("Bye.", "Buy."))
    edit(settings, "Hello.")  # the same text, another include
    with pytest.raises(OperatorError, match="another text"):
        publishes(settings)
    assert serves(settings).sha256 == before.sha256
    refused = entries(settings, "dialplan.refused")
    assert [entry.actor for entry in refused] == ["os:olga", "os:olga"]


def test_another_recording_under_the_same_version_is_refused(settings: Settings) -> None:
    here = settings.dialplans[0].file
    make_wav(here.parent / "hello.wav")
    here.write_text(MAIN.replace("{en: %s}", "{en: {file: hello.wav, text: Hello.}}"))
    publishes(settings)
    make_wav(here.parent / "hello.wav", hertz=880.0)
    with pytest.raises(OperatorError, match=r"other recordings before \(hello\.wav\)"):
        publishes(settings)


@pytest.mark.parametrize("text", ["[", "name: broken\nstates: 7\n"])
def test_a_file_that_is_not_sound_changes_nothing_not_even_for_the_others(settings: Settings, text: str) -> None:
    other = settings.dialplans[0].file.with_name("other.yaml")
    other.write_text((MAIN % "Hello.").replace("small", "other"))
    both = settings.model_copy(update={"dialplans": (*settings.dialplans, DialplanSettings(file=other, called=("2",)))})
    first = publishes(both)
    edit(both, "Hello again.", "2")
    other.write_text(text)
    with pytest.raises(OperatorError):
        publishes(both)
    now = published_now(both)
    assert now == first
    assert len(kept_versions(both).all()) == 2


def test_some_of_the_files_may_be_published_alone(settings: Settings) -> None:
    other = settings.dialplans[0].file.with_name("other.yaml")
    other.write_text((MAIN % "Hello.").replace("small", "other"))
    both = settings.model_copy(update={"dialplans": (*settings.dialplans, DialplanSettings(file=other, called=("2",)))})
    publishes(both)
    edit(both, "Hello again.", "2")
    other.write_text("[")
    assert [plan.id for plan in publishes(both, both.dialplans[0].file).plans] == ["small@2", "other@1"]
    assert serves(both, "2").id == "other@1"
    with pytest.raises(OperatorError, match="do not list"):
        publishes(both, other.with_name("third.yaml"))


def test_a_damaged_dialplan_is_not_served_and_no_other_answers_its_numbers(settings: Settings) -> None:
    other = settings.dialplans[0].file.with_name("other.yaml")
    other.write_text((MAIN % "Only here.").replace("small", "other"))
    both = settings.model_copy(update={"dialplans": (*settings.dialplans, DialplanSettings(file=other, called=("2",)))})
    publishes(both)
    voice = Voice()
    only = Rendering.of(voice.synthesize("Only here.", language="en"))
    (both.prompts_dir / f"{only.sha256}.pcm").write_bytes(b"")
    assert serves(both, "1").id == "small@1"
    with pytest.raises(EnvironmentFault, match="other@1 is not served"):
        serves(both, "2")
    assert mend_prompts(both, Act("os:olga"), voice) == []
    assert serves(both, "2").id == "other@1"


def test_damaged_prompts_are_published_anew_from_the_published_text_and_by_the_same_voice(settings: Settings) -> None:
    class Hoarse(Voice):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            return super().synthesize(text + " Hm.", language=language, voice=voice)

    class Other(Voice):
        name = "other-1"

    first = publishes(settings)
    edit(settings, "Nobody published this.", "2")
    for path in settings.prompts_dir.glob("*.pcm"):
        path.write_bytes(path.read_bytes()[:-2])
    (fault,) = mend_prompts(settings, Act("os:olga"), Other())
    assert "other-1 speaks now" in fault
    with pytest.raises(EnvironmentFault, match="not served"):
        serves(settings)
    assert mend_prompts(settings, Act("os:olga", "damaged"), Hoarse()) == []
    now = published_now(settings)
    assert now is not None
    assert [plan.texts for plan in now.plans] == [plan.texts for plan in first.plans]
    assert now.prompts.keys() == first.prompts.keys()
    assert not set(now.prompts.values()) & set(first.prompts.values())
    assert [entry.details["publication"] for entry in entries(settings)] == [first.id, now.id]
    assert serves(settings).id == "small@1"


@pytest.mark.parametrize("what", ["text", "hash"])
def test_an_altered_publication_is_refused(settings: Settings, what: str) -> None:
    made = publishes(settings)
    path = settings.data_dir / "published" / f"{made.id}.json"
    data = path.read_bytes()
    if what == "text":
        path.write_bytes(data.replace(b"Hello.", b"Jello."))
    else:
        (settings.data_dir / "published" / "current").write_text(f"ivr publication\n{'ab' * 32}\n\n")
    with pytest.raises(SealError):
        published_now(settings)


def test_a_pointer_set_back_or_removed_is_put_right_by_the_audit_log(settings: Settings) -> None:
    pointer = settings.data_dir / "published" / "current"
    publishes(settings)
    older = pointer.read_text()
    edit(settings, "Hello again.", "2")
    second = publishes(settings)
    pointer.write_text(older)  # or: the act was broken off after its entry
    assert published_now(settings) == second
    pointer.unlink()
    assert published_now(settings) == second
    assert "Hello again." in pointer.with_name(f"{second.id}.json").read_text()
    assert serves(settings).id == "small@2"


def test_an_audit_log_set_back_behind_the_pointer_is_refused(settings: Settings) -> None:
    publishes(settings)
    shutil.rmtree(settings.data_dir / "audit")
    with pytest.raises(SealError, match="log was set back"):
        published_now(settings)


def test_two_do_not_publish_at_once(settings: Settings) -> None:
    with publications(settings).alone(), pytest.raises(OperatorError, match="somebody else is publishing"):
        publishes(settings)


def test_a_kept_text_that_was_altered_is_refused(settings: Settings) -> None:
    publishes(settings)
    (kept,) = kept_versions(settings).all()
    (Path(kept.path).parent / "parts" / "end.yaml").write_text(PART.replace("Bye.", "Buy."))
    with pytest.raises(EnvironmentFault, match="altered"):
        kept_dialplan(settings, "small@1")


def test_an_unknown_version_is_refused_with_where_to_look(settings: Settings) -> None:
    with pytest.raises(OperatorError, match="no dialplan was served yet"):
        kept_dialplan(settings, "small@9")
    assert "no dialplan was served yet" in types(settings, "versions").stdout


@pytest.mark.parametrize("digits", [4, 5, 12, 64])
def test_diff_takes_a_version_with_dots_and_any_digits_that_tell_it_apart(settings: Settings, digits: int) -> None:
    """`wealth@1.0.0` was taken for a file that ends in .0, and five digits for a name."""
    file = settings.dialplans[0].file
    file.write_text((MAIN % "Hello.").replace('"1"', '"1.0.0"'))
    publishes(settings)
    sha256 = serves(settings).sha256
    for reference in ("small@1.0.0", sha256[:digits], sha256[:digits].upper()):
        assert "no difference for callers" in types(settings, "diff", reference, str(file)).stdout


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("small@1.0.1", "no version small@1.0.1 of a dialplan was ever served from .*; small was served as small@1$"),
        ("small", "small was served as small@1$"),
        ("other@1", "'ivr versions' lists what was"),
        ("abc", "there is no file abc, and of a SHA-256 it is too short: write 4 digits or more"),
        ("missing.yaml", "there is no file missing.yaml"),
        ("dialplans/small", "there is no file dialplans/small"),
    ],
)
def test_diff_says_truly_what_it_does_not_find(settings: Settings, reference: str, said: str) -> None:
    publishes(settings)
    with pytest.raises(OperatorError, match=said):
        dialplan_of(settings, reference)


def audio(directory: Path) -> set[Path]:
    return {path for path in directory.iterdir() if path.suffix == ".pcm" or path.name.startswith(".")}


def test_audio_that_no_publication_names_goes_when_the_next_one_is_live_and_no_other(settings: Settings) -> None:
    directory = settings.prompts_dir
    publishes(settings)
    first = audio(directory)
    edit(settings, "Refused.", "2")
    part = settings.dialplans[0].file.parent / "parts" / "end.yaml"
    part.write_text(PART.replace("bye", "by"))
    with pytest.raises(DialplanError):
        publishes(settings)
    (directory / f"{SHA}.pcm").write_bytes(b"of an act that was broken off")
    (directory / f".{OTHER}.pcm.cut").write_bytes(b"half")
    (directory / "note.txt").write_text("somebody's own")
    part.write_text(PART)
    second = publishes(settings)
    kept = audio(directory)
    assert first < kept, "what an older publication names is kept: a cell that serves it may be started again"
    assert (directory / "note.txt").exists()
    assert {path.stem for path in kept - first} == {one.sha256 for one in second.prompts.values()} - {
        path.stem for path in first
    }
    assert load_served(settings, second.id).faults == ()


def test_while_a_publication_cannot_be_read_no_audio_goes(settings: Settings) -> None:
    publishes(settings)
    (settings.data_dir / "published" / f"{OTHER}.json").write_text("damaged")
    stray = settings.prompts_dir / f"{SHA}.pcm"
    stray.write_bytes(b"whose it is nobody knows")
    edit(settings, "Again.", "2")
    publishes(settings)
    assert stray.exists()
