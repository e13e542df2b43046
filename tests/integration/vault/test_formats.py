"""docs/formats.md suffices: a reader written from it alone opens both forms of a recording, to the last sample."""

from __future__ import annotations

from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store, recording_files
from tests import decoder
from tests.integration.vault.conftest import Ivr


def test_a_stranger_opens_both_forms(settings: Settings, ivr: Ivr) -> None:
    assert (
        "ivr." not in Path(decoder.__file__).read_text().replace("ivr-", "").split('"""', 2)[2].partition("import")[2]
    )
    ours = recording_files(settings, open_key_store(settings)).open("call-closed").timeline
    keys = decoder.Keys(settings.keystore_path, settings.passphrase_path)
    path = Path(recording_files(settings, open_key_store(settings)).find("call-closed").where)
    tracks, entries = decoder.journal(path, keys)
    expected = {name: ours.pcm(name) for name in ours.channels}
    assert {name: pcm.ljust(len(expected[name]), b"\0") for name, pcm in tracks.items()} == expected
    assert entries == list(ours.entries)
    assert ivr("recordings", "compact").returncode == 0
    tracks, entries = decoder.archive(path.with_suffix(".ivra"), keys)
    assert tracks == expected
    assert entries == list(ours.entries)
