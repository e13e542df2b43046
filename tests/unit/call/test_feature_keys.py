"""An agent's feature codes are found among all their keys."""

from __future__ import annotations

import pytest

from ivr.core.call.feature_keys import DEFAULT_CODES, Code, FeatureKeys, Through, clashes


def pressed(keys: str, codes: dict[str, str] | None = None, *, apart: float = 0.3) -> list[Code | Through]:
    found = FeatureKeys(DEFAULT_CODES if codes is None else codes)
    told = [found.press(key, now=apart * at) for at, key in enumerate(keys)]
    return [one for one in told if one is not None]


@pytest.mark.parametrize(
    ("keys", "act", "argument"),
    [
        ("*7", "pause", ""), ("*8", "resume", ""), ("*1", "hold", ""), ("*0", "back", ""), ("*3", "conference", ""),
        ("*2204#", "consult", "204"), ("*5#", "pass_on", ""), ("*612#", "hand_over", "12"), ("**1#", "away", "1"),
        ("*#0", "log_out", ""), ("*#1", "ready", ""),
    ],
)  # fmt: skip
def test_a_code_is_found_whole(keys: str, act: str, argument: str) -> None:
    assert pressed(keys) == [Code(act, argument)]


def test_other_keys_are_meant_for_who_hears_them() -> None:
    assert pressed("12*73") == [Through("1"), Through("2"), Code("pause"), Through("3")]


def test_what_begins_like_a_code_and_is_none_is_let_go_of_with_what_belongs_to_it() -> None:
    assert pressed("*A*7") == [Code("pause")]
    assert pressed("*2A#") == [Through("#")], "an extension is digits"


def test_keys_too_far_apart_are_no_code() -> None:
    assert pressed("*7", apart=3.1) == [Through("7")]
    assert pressed("*7", apart=2.9) == [Code("pause")]


def test_a_code_that_is_not_set_is_never_found() -> None:
    assert pressed("*7*8", {"pause": "", "resume": ""}) == [Through(key) for key in "*7*8"]


def test_an_argument_has_an_end() -> None:
    assert Code("consult", "0" * 20) not in pressed("*2" + "0" * 20 + "#")


def test_codes_that_begin_each_other_are_found_when_settings_load() -> None:
    assert clashes(DEFAULT_CODES) == []
    assert clashes({"hold": "*1", "transfer": "*12"}) == [("hold", "transfer")]
