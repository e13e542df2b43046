"""The log tells what happened, and nothing of who called."""

from __future__ import annotations

import errno
import json
import logging
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.apps.structured_log import clean, log_path, mask, open_log, rotate
from ivr.apps.wiring.process import LogBridge
from tests.small_disk import SmallDisk


def lines(directory: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log_path(directory).read_text().splitlines()]


def test_an_event_is_a_line_with_its_time_process_and_fields(tmp_path: Path) -> None:
    log = open_log(tmp_path, process="cell-3")
    log("call_began", {"call_id": "153012-0011223344556677", "dialplan": "wealth@1"})
    (line,) = lines(tmp_path)
    assert line["process"] == "cell-3"
    assert line["event"] == "call_began"
    assert line["call_id"] == "153012-0011223344556677"
    assert log_path(tmp_path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("field", ["caller", "digits", "pin", "transcript", "score", "account", "headers", "uri"])
def test_a_field_that_could_hold_a_callers_data_is_left_out(field: str) -> None:
    assert clean({field: "anything", "state": "menu"}) == {"state": "menu"}


@pytest.mark.parametrize(
    "text",
    ["sip:+8613912345678@192.0.2.7", "call from +44 20 7946 0958", "the number 13912345678 was dialled",
     "account 6222-0212-3456-7890", "<sip:jane.doe@bank.example;user=phone>"],
)  # fmt: skip
def test_addresses_and_numbers_of_people_are_masked_in_any_text(text: str) -> None:
    masked = mask(text)
    assert "***" in masked
    for part in ("139", "7946", "6222", "7890", "jane"):
        assert part not in masked


@given(st.from_regex(r"[0-9]{5,19}", fullmatch=True), st.sampled_from(["{}", "x {} y", "no: {}.", "({})", "a={}"]))
def test_no_long_number_passes(number: str, around: str) -> None:
    assert number not in mask(around.format(number))


def test_short_numbers_and_our_own_names_stay_readable() -> None:
    text = "cell 7 on 127.0.0.1:5077 died after 4.25 s with SIGSEGV (recording 20261121-a1b2c3d4e5f6a7b8)"
    assert mask(text) == text


def test_nested_values_are_masked_too() -> None:
    assert "13912345678" not in json.dumps(clean({"detail": {"x": ["sip:13912345678@a", {"y": "13912345678"}]}}))


def test_what_is_below_the_level_is_not_written(tmp_path: Path) -> None:
    log = open_log(tmp_path, process="hub", level="warning")
    log("little", {})
    log("much", {"level": "error"})
    assert [line["event"] for line in lines(tmp_path)] == ["much"]


def test_text_for_people_is_one_line_an_event(tmp_path: Path) -> None:
    log = open_log(tmp_path, process="hub", log_format="text")
    log("told", {"text": "two\nlines", "count": 3})
    (line,) = log_path(tmp_path).read_text().splitlines()
    assert line.endswith("hub        told text=two lines count=3")


def test_an_exception_is_told_by_type_and_place_and_never_by_its_words(tmp_path: Path) -> None:
    logger = logging.getLogger("test.bridge")
    logger.addHandler(LogBridge(open_log(tmp_path, process="cell-0")))
    logger.propagate = False
    try:
        raise ValueError("PIN 1234 of Jane")
    except ValueError:
        logger.exception("cell_died", extra={"data": {"call_id": "c1"}})
    (line,) = lines(tmp_path)
    assert line["event"] == "cell_died"
    assert line["exception"] == "ValueError"
    assert "test_structured_log.py" in str(line["where"])
    assert "Jane" not in json.dumps(line)
    assert "1234" not in json.dumps(line)


def test_what_is_given_to_pythons_logging_reaches_the_log_under_its_name(tmp_path: Path) -> None:
    logger = logging.getLogger("test.extra")
    logger.addHandler(LogBridge(open_log(tmp_path, process="speech")))
    logger.propagate = False
    logger.warning("speech_ready", extra={"languages": ["en"], "workers": 2, "data": {"module": "vosk"}})
    (line,) = lines(tmp_path)
    assert (line["workers"], line["module"]) == (2, "vosk")
    assert "en" in str(line["languages"])
    assert "pathname" not in line


def test_a_log_that_was_rotated_away_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.apps.structured_log.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("ivr.apps.structured_log.ROTATE_BYTES", 10)
    log = open_log(tmp_path, process="hub")
    log("before", {})
    rotate(tmp_path)
    log("after", {})
    assert [line["event"] for line in lines(tmp_path)] == ["after"]


def test_a_log_that_cannot_be_opened_anew_writes_into_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of a closed file is the next one's that is opened: a call's recording, say."""
    monkeypatch.setattr("ivr.apps.structured_log.LOOK_SECONDS", 0.0)
    log = open_log(tmp_path, process="cell-1")
    log_path(tmp_path).rename(tmp_path / "rotated")
    with monkeypatch.context() as full:
        real = os.open

        def refuse(path: object, flags: int, mode: int = 0o777) -> int:
            if flags & os.O_CREAT and str(path).endswith("ivr.jsonl"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(path, flags, mode)  # type: ignore[arg-type]

        full.setattr(os, "open", refuse)
        log("one", {})
        recording = os.open(tmp_path / "recording", os.O_WRONLY | os.O_CREAT)
        log("two", {})
        os.close(recording)
    assert (tmp_path / "recording").read_bytes() == b""
    log("three", {})
    assert [(line["event"], line.get("count")) for line in lines(tmp_path)] == [("log_lines_lost", 2), ("three", None)]


def test_lines_that_a_full_disk_did_not_take_are_counted_in_the_next_one(small_disk: SmallDisk) -> None:
    log = open_log(small_disk.path, process="hub")
    log("before", {})
    small_disk.fill()
    for _ in range(20):
        log("lost", {"text": "x" * 1000})
    small_disk.empty()
    log("after", {})
    told = log_path(small_disk.path).read_text().splitlines()
    whole = [json.loads(line) for line in told if line.endswith("}")]
    assert len(told) - len(whole) <= 1, "one line may be torn, and the next one does not go on in it"
    assert [line["event"] for line in (whole[0], whole[-1])] == ["before", "after"]
    kept = [line["event"] for line in whole].count("lost")
    assert whole[-2]["count"] == 20 - kept


def test_a_process_starts_on_a_disk_that_takes_no_log(small_disk: SmallDisk) -> None:
    small_disk.read_only(True)
    log = open_log(small_disk.path, process="hub")
    log("lost", {})
    small_disk.read_only(False)
    log("lost", {})
    (small_disk.path / "log").mkdir(exist_ok=True)
    log = open_log(small_disk.path, process="hub")
    log("after", {})
    assert [line["event"] for line in lines(small_disk.path)] == ["after"]
