"""The engine's own prompts, in English and Chinese. A dialplan may put its own words in their place (`messages:`)."""

from __future__ import annotations

from collections.abc import Mapping

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "confirm": {
        "en": "I heard: {heard}. Is that right? Say yes or press 1. Otherwise say no or press 2.",
        "zh": "我听到的是：{heard}。对吗？请说对，或按1。不对请按2。",
    },
    "which": {
        "en": "That may be {heard}, or {alternative}. "
        "For {heard} press 1 or say the first. For {alternative} press 2 or say the second.",
        "zh": "您说的可能是{heard}，也可能是{alternative}。前一个请说第一个，或按1。后一个请说第二个，或按2。",
    },
    "acknowledge_by_key": {
        "en": "Sorry, I am not sure that I heard you well. To acknowledge, please press {key} on your keypad.",
        "zh": "抱歉，我没有听清楚。如您已知悉，请按{key}确认。",
    },
    "sorry": {
        "en": "We are sorry. A technical problem keeps us from going on with this call. Please call again later.",
        "zh": "非常抱歉，由于技术原因，本次通话无法继续。请您稍后再拨。",
    },
    "talk_ends": {
        "en": "Please note: this conversation ends in about five minutes.",
        "zh": "请注意，本次通话将在大约五分钟后结束。",
    },
    "pardon": {
        "en": "Sorry, I did not understand that.",
        "zh": "抱歉，我没有听明白。",
    },
    "silence": {
        "en": "Sorry, I did not hear anything.",
        "zh": "抱歉，我没有听到您的声音。",
    },
    "help": {
        "en": "Please listen to the question and answer in your own words, or press the key that is named.",
        "zh": "请听清问题后直接回答，或按提示的按键。",
    },
}
"""Message -> language -> text. {heard}, {alternative} and {key} are filled in by the engine."""

YES: Mapping[str, tuple[str, ...]] = {
    "en": ("yes", "yes please", "yeah", "correct", "that is right", "right"),
    "zh": ("对", "是", "是的", "对的", "正确", "好的"),
}
NO: Mapping[str, tuple[str, ...]] = {
    "en": ("no", "no thanks", "nope", "wrong", "that is wrong"),
    "zh": ("不对", "不是", "不是的", "不", "不要", "不用", "不需要", "错了"),
}
YES_KEY = "1"
NO_KEY = "2"

FIRST: Mapping[str, tuple[str, ...]] = {
    "en": ("the first", "first", "the first one", "the first date"),
    "zh": ("第一个", "前一个", "第一"),
}
SECOND: Mapping[str, tuple[str, ...]] = {
    "en": ("the second", "second", "the second one", "the second date"),
    "zh": ("第二个", "后一个", "第二"),
}
"""Answers to `which`."""
FOR_SPOKEN_VALUES = frozenset({"which"})
"""Messages that are said only in languages in which values are understood."""

FILLED_IN = frozenset({"heard", "alternative", "key"})
"""Names that only the engine's own prompts may hold."""
