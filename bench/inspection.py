"""Rules over what was said: how fast, how often right. `python -m bench.inspection [--hours 40] [--figures 10000]`

Four measurements with the shipped rules, on made text: hours of talk that are read in a minute; forbidden phrases as
recognizers may write them, among sentences that are nearly such; how the two take turns, with times as far off as
recognizers tell them; figures, with how each was made as the oracle.
Printed, never asserted. Made text says how the rules do on what was thought of, no more.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from bench import turns
from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.rule import Forbid
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import Answered, BankSaid, CallerSaid, Speaker, Talk
from ivr.core.media.frame import SAMPLE_RATE
from ivr.testing.said_figures import RULES, sentences

RULES_DIR = Path(__file__).parent.parent / "dialplans" / "rules"
SHIPPED = RULES_DIR / "investment-eu.yaml"
SERVICE = RULES_DIR / "service-uk.yaml"
TODAY = date(2026, 11, 29)
WORDS_A_MINUTE, SIGNS_A_MINUTE = 150, 240
"""Usual pace of talk, English and Chinese."""
UTTERANCE = 15
"""Words of one."""
CALL_MINUTES = 6
_WORDS = (
    "the of and to a in is you that it for on with as this be at have or from we your can what about account fund "
    "return risk guaranteed money balance euros transfer order question please thank moment today month year rate "
    "interest three twenty five hundred per cent invest loss value rise fall colleague line number card pay"
)
_ENGLISH = _WORDS.split()
_CHINESE = "的是您我们这个基金收益风险账户余额请问可以转账利率百分之三五一千元今天投资本金保证客服谢谢稍等办理业务"
_HOMOPHONES = str.maketrans("保本收益风险零稳赚赔定亏绝", "饱苯手意封显灵吻撰陪订盔决")
_CARRIERS = {
    "en": ("{}", "well, {} you know", "what I can tell you is: {}.", "so it is {} for all of our customers today"),
    "zh": ("{}", "这个产品{}的", "我跟您说，{}啊", "我们这里{}，您放心"),
}
_TWO = re.compile("^(.{2,}[^aeiou])([^aeiou].{2,})$")
_NEARLY = {
    "en": (
        "there is no guarantee of any return", "the return is not guaranteed", "nothing is free of all risk",
        "we guarantee to call you back", "this is not a guaranteed return", "it is not risk free", "a risk profile",
        "you can lose your money", "the guarantee of deposits is one hundred thousand euros", "free of charge",
        "the income of last year", "it may go up and it may go down", "profit is taxed", "you cannot lose your card",
        "no risk warning was heard yet", "our guaranteed service hours", "he grants it and pays the return later",
        "the gauge is run tidily and returns to zero", "in very busy hours it may return late", "prof it is not",
    ),
    "zh": (
        "不保证收益", "也不保证收益", "投资有风险", "本产品不保证本金", "收益不确定", "风险等级是三级", "保险产品",
        "不是零风险", "保证金账户", "您的本金可能亏损", "手续费优惠", "风险承受能力", "稳健型产品", "赔付比例",
    ),
}  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=40, help="of made talk, half of it Chinese")
    parser.add_argument("--figures", type=int, default=10_000, help="made sentences with figures")
    asked = parser.parse_args()
    rules = load_rules(SHIPPED.read_text(encoding="utf-8"), source=SHIPPED.name)
    inspector = Inspector(rules)
    service = Inspector(load_rules(SERVICE.read_text(encoding="utf-8"), source=SERVICE.name))
    _speed([inspector, service], asked.hours)
    _phrases(inspector)
    turns.measure(service, TODAY)
    _figures(asked.figures)


def _speed(inspectors: list[Inspector], hours: int) -> None:
    calls = list(_calls(hours))
    began = time.process_time()
    found = sum(len(one.inspect(call, today=TODAY).found) for call in calls for one in inspectors)
    spent = time.process_time() - began
    count = sum(len(one.ruleset.rules) for one in inspectors)
    print(f"{count} rules, {hours} hours of talk in {len(calls)} calls: {spent:.1f} s of one core, {found} findings")
    print(f"  {hours / spent * 60:,.0f} hours of talk in a minute")


def _calls(hours: int) -> Iterator[Talk]:
    chance = Random(15)
    for number in range(hours * 60 // CALL_MINUTES):
        language = "zh" if number % 2 else "en"
        pace = SIGNS_A_MINUTE if language == "zh" else WORDS_A_MINUTE
        bank: list[BankSaid] = []
        caller: list[CallerSaid] = []
        for at in range(CALL_MINUTES * pace // UTTERANCE):
            first = at * UTTERANCE * 60 * SAMPLE_RATE // pace
            last = (at + 1) * UTTERANCE * 60 * SAMPLE_RATE // pace
            words = chance.choices(_CHINESE if language == "zh" else _ENGLISH, k=UTTERANCE)
            text = ("" if language == "zh" else " ").join(words)
            if at % 2:
                caller.append(CallerSaid(first, last, language, text, 0.8))
            else:
                bank.append(BankSaid(first, last, language, text, 0.8, Speaker.AGENT))
        answers = (Answered(0, {"bank.balance.amount": "12345.67"}),)
        length = CALL_MINUTES * 60 * SAMPLE_RATE
        talks = ((0, length),)
        # A line that names no jurisdiction is judged by all rules.
        yield Talk(tuple(bank), tuple(caller), length, "wealth", "", language, talks=talks, answers=answers)


@dataclass(slots=True)
class _Score:
    right: int = 0
    missed: int = 0
    wrong: int = 0
    fine: int = 0


def _phrases(inspector: Inspector) -> None:
    for language in ("en", "zh"):
        score = _Score()
        for text, forbidden in _spoken(inspector, language):
            said = BankSaid(0, SAMPLE_RATE, language, text, 1.0, Speaker.AGENT)
            talk = Talk((said,), (), SAMPLE_RATE, "wealth", "EU", language)
            kinds = {one.what for one in inspector.inspect(talk, today=TODAY).found}
            hit = "a forbidden phrase" in kinds
            if forbidden:
                score.right, score.missed = score.right + hit, score.missed + (not hit)
            else:
                score.wrong, score.fine = score.wrong + hit, score.fine + (not hit)
        whole = score.right + score.missed
        print(f"forbidden phrases, {language}: {whole} said, {score.wrong + score.fine} nearly said")
        print(f"  recall {score.right / whole:.3f}, precision {score.right / (score.right + score.wrong):.3f}")


def _spoken(inspector: Inspector, language: str) -> Iterator[tuple[str, bool]]:
    """Sentences, and whether each says what is forbidden."""
    for rule in inspector.ruleset.rules:
        if isinstance(rule, Forbid):
            for phrase in rule.phrases[language]:
                for form in _forms(phrase, language):
                    for carrier in _CARRIERS[language]:
                        yield carrier.format(form), True
    for text in _NEARLY[language]:
        for carrier in _CARRIERS[language]:
            yield carrier.format(text), False


def _forms(phrase: str, language: str) -> list[str]:
    """As a recognizer may write it."""
    if language == "zh":
        half = len(phrase) // 2
        return [phrase, phrase.translate(_HOMOPHONES), f"{phrase[:half]}，{phrase[half:]}", " ".join(phrase)]
    misspelt = phrase.replace("guaranteed", "garanteed").replace("risk", "risc").replace("profit", "proffit")
    parted = " ".join(map(_in_two, phrase.split()))
    return [
        phrase,
        phrase.upper(),
        phrase.replace(" ", "-"),
        phrase.replace(" ", "", 1),
        misspelt,
        f"{phrase}s",
        parted,
    ]


def _in_two(word: str) -> str:
    """A long word as a recognizer may write it that hears two: guaran teed."""
    return _TWO.sub(r"\1 \2", word)


def _figures(count: int) -> None:
    inspector = Inspector(load_rules(RULES, source="figures.yaml"))
    passed = alarms = right = 0
    began = time.process_time()
    for made in sentences(count, seed=15):
        said = BankSaid(0, SAMPLE_RATE, made.language, made.text)
        talk = Talk((said,), (), SAMPLE_RATE, answers=(Answered(0, dict(made.official)),))
        found = bool(inspector.inspect(talk, today=TODAY).found)
        right += made.right
        alarms += made.right and found
        passed += not made.right and not found
    spent = time.process_time() - began
    print(f"figures: {count} sentences, {count - right} of them wrong: {passed} wrong ones passed")
    print(
        f"  {alarms} of {right} right ones were found ({alarms / right:.1%}); {spent / count * 1000:.1f} ms a sentence"
    )


if __name__ == "__main__":
    main()
