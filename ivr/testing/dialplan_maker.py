"""Random dialplans that pass `check`: some keep their warnings, some have a bypass. For tests and benchmarks.

A silent caller only ever goes forward, so every one of them ends; a caller who chooses may go anywhere.
"""

from __future__ import annotations

import random

_HEAD = """\
name: made
version: "{seed}"
languages: [en, zh]
start: {start}
defaults: {{otherwise: bye, silence: {{attempts: 1}}, nomatch: {{attempts: 1}}}}
values:
  account: digits
  pin: {{type: digits, secret: true}}
  good: yes_no
  customer: text
  risk: number
  sum: {{type: amount, currency: EUR}}
  due: date
  reason: text
commands:
  chinese: {{press: 8, hear: {{en: Chinese, zh: 中文}}, language: zh}}
  back: {{press: "#", do: back}}
  out: {{press: 0, go: bye}}
"""
_DIALOGS = """\
dialogs:
  who:
    parameters: {account: digits}
    values: {code: digits, pin: {type: digits, secret: true}, good: yes_no}
    results: {customer: text}
    start: code
    otherwise: no
    states:
      code: {ask: {en: Code?, zh: 代码？}, digits: {into: code, length: 1}, go: ask}
      ask: {ask: {en: PIN?, zh: 密码？}, digits: {into: pin, length: 2}, go: check}
      check:
        {identify: strong, by: keys, lookup: bank.pin, given: {account: account, pin: pin},
         keep: {good: good, customer: c}, passed: good, attempts: 2, again: ask, otherwise: no, failed: no, go: yes}
      yes: {return: passed}
      no: {return: failed}
"""
_NESTED = """\
  nested:
    parameters: {account: digits}
    results: {customer: text}
    start: who
    states:
      who: {dialog: who, given: {account: account}, keep: {customer: customer}, returns: {passed: zh, failed: no}}
      zh: {choose: [{if: language = 'zh', to: no}, {else: yes}]}
      yes: {return: passed}
      no: {return: failed}
"""
_POLICY = """\
identity:
  policy: made
  version: "1"
  factors:
    strong: {by: keys, minutes: 1, after_transfer: keep}
    basic: {by: voice, after_hold: keep}
    seen: {by: agent, minutes: 2, after_transfer: keep}
  levels:
    basic: [{factors: [strong]}]
    strong: [{factors: [strong, basic]}, {factors: [seen, strong]}]
"""
"""Factors are named as the levels that made states prove without a policy, where no voice alone comes to more than the
lowest."""
_ENROLMENT = """\
  mine: {ask: {en: Account?, zh: 账号？}, digits: {into: account, length: 2}, go: agree}
  agree: {disclose: d0, go: owner}
  owner:
    {identify: strong, by: keys, lookup: bank.pin, given: {account: account}, keep: {good: good, customer: c},
     passed: good, again: s0, otherwise: s0, failed: s0, go: speaker}
  speaker:
    {identify: basic, by: voice, customer: customer, ask: {en: Speak., zh: 请说。},
     unscored: s0, otherwise: s0, go: enrol}
  enrol:
    {enrol_voice: customer, ask: {en: Tell me., zh: 请讲。}, more: {en: More., zh: 再讲。}, go: s0, otherwise: s0}
"""
"""A voice may be enrolled of whom the rule lets in alone, so the way there is made as well."""
_KINDS = (
    *("ask", "ask", "ask", "say", "ahead", "disclose", "disclose", "warn", "risk", "set", "lookup", "keys", "voice"),
    *("account", "value", "intent", "queue", "transfer", "consent", "voicemail", "callback", "dialog", "up", "told"),
)
_LINE = """\
  line:
    tells: [emotion]
    say: [{en: We read your words.}, {zh: 我们会分析您的话。}]
    plays: 2
    otherwise: bye
"""
_DEEDS = (("sell", "卖"), ("buy", "买"))
_VALUES = ("amount: {into: sum, most: 5000}", "date: {into: due, from: today}", "phrase: {into: reason}")


def made_dialplan(seed: int, *, states: int = 8, rules: int = 1, disclosures: int = 2, careful: bool = False) -> str:
    """The text of one. `careful`: every protected state is entered through its warning, so that it proves."""
    maker = _Maker(random.Random(seed), states, disclosures)
    body = [maker.state(number) for number in range(states)]
    ruled = [maker.rule(number, careful=careful) for number in range(rules)]
    enrols = not careful and seed % 2 == 1
    lines = [
        _HEAD.format(seed=seed, start="mine" if enrols else "s0"),
        "recording: consent" if maker.asks_consent else "",
        "disclosures:",
    ]
    lines += [maker.warning(number) for number in range(disclosures)]
    lines += [_LINE] if maker.tells else []
    body += [maker.deal(number, careful=careful) for number in range(rules)]
    missing = [number for number in range(disclosures) if number not in maker.played]
    body += [f"  play{n}: {{disclose: d{n}, go: bye}}\n" for n in missing]
    body += [_ENROLMENT] if enrols else []
    ruled += ["  enrol: {after: [d0], identity: strong}"] if enrols else []
    offers = [f"deal{n}" if not careful else f"warn{n}" for n in range(rules)] + [f"play{n}" for n in missing]
    body.append(maker.offers(states, offers))
    lines += [_POLICY] if maker.steps_up else []
    lines += [_DIALOGS] if maker.dialogs else []
    lines += [_NESTED] if "nested" in maker.dialogs else []
    lines.append("protect:")
    lines += ruled
    lines.append("states:")
    text = "\n".join([*lines, *body, "  bye: {hang_up: completed}", ""])
    return text.replace(_SEEN, "seen" if maker.steps_up else "basic")


_SEEN = "SEEN"
"""Stands for what an agent proves: a factor, or where there is no policy a level."""
_SPEAK = "ask: {en: Speak., zh: 请说。}"


class _Maker:
    """Writes the parts."""

    def __init__(self, chance: random.Random, states: int, disclosures: int) -> None:
        self._chance = chance
        self._states = states
        self._disclosures = disclosures
        self.played: set[int] = set()
        self.asks_consent = False
        self.steps_up = False
        self.tells = False
        self.dialogs: set[str] = set()
        self._also = chance.randrange(4)
        """Rules of this number, counted by four, demand more of those at risk."""

    def warning(self, number: int) -> str:
        """One disclosure."""
        return (
            f"  d{number}:\n    say: {{en: Warning {number}., zh: 提示{number}。}}\n"
            "    acknowledge: {ask: {en: Press one., zh: 请按1。}, press: 1, attempts: 1, otherwise: bye}\n"
            f"    agent_may_read: {str(number % 2 == 1).lower()}"
        )

    def rule(self, number: int, *, careful: bool) -> str:
        """One rule: a disclosure, at times another one for those at risk, an identity or a recording too."""
        recorded = self.asks_consent and not careful
        level = ", identity: basic" if number % 3 == 2 else ", recorded: true" if recorded else ""
        also = ""
        if number % 4 == self._also:
            which = (number + 1) % self._disclosures
            if careful:
                self.played.add(which)
            also = f', also: [{{if: "risk >= 3", after: [d{which}]}}]'
        line = ", line" if self.tells and not careful and number % 2 else ""
        return f"  deal{number}: {{after: [d{number % self._disclosures}{line}]{also}{level}}}"

    def deal(self, number: int, *, careful: bool) -> str:
        """A protected state, and the warning before it."""
        deal = f"  deal{number}: {{say: {{en: Deal., zh: 成交。}}, go: bye}}\n"
        if not careful:
            return deal
        which = number % self._disclosures
        self.played.add(which)
        if number % 3 != 2:
            return f"  warn{number}: {{{self._warning(number)}, go: deal{number}}}\n" + deal
        proof = (
            f"  id{number}: {{identify: strong, by: keys, lookup: bank.pin, given: {{account: account}}, "
            f"keep: {{good: good}}, passed: good, go: deal{number}, again: bye, otherwise: bye, failed: bye}}\n"
        )
        return f"  warn{number}: {{{self._warning(number)}, go: id{number}}}\n" + proof + deal

    def _warning(self, number: int) -> str:
        return f"disclose_for: deal{number}" if number % 4 == self._also else f"disclose: d{number % self._disclosures}"

    def offers(self, number: int, targets: list[str]) -> str:
        """Questions that lead to each of these; the last state of the chain."""
        found, name = [], f"s{number}"
        for start in range(0, len(targets), 2):
            here = targets[start : start + 2]
            rest = f"o{start}" if start + 2 < len(targets) else "bye"
            picks = [f"p{key}: {{press: {key}, go: {target}}}" for key, target in enumerate(here, 1)]
            picks.append(f"rest: {{press: 9, go: {rest}}}")
            found.append(f"  {name}: {{ask: {{en: Which?, zh: 哪个？}}, choices: {{{', '.join(picks)}}}}}\n")
            name = rest
        return "".join(found)

    def _later(self, number: int) -> str:
        return f"s{self._chance.randint(number + 1, self._states)}"

    def _anywhere(self) -> str:
        return f"s{self._chance.randint(0, self._states)}"

    def state(self, number: int) -> str:
        """One state; its first way leads to the next one, so that all are reached."""
        name, after = f"s{number}", f"s{number + 1}"
        kind = self._chance.choice(_KINDS)
        if kind == "say":
            return f"  {name}: {{say: {{en: Hm., zh: 嗯。}}, go: {after}}}\n"
        if kind == "disclose":
            which = self._chance.randrange(self._disclosures)
            self.played.add(which)
            return f"  {name}: {{disclose: d{which}, go: {after}}}\n"
        if kind == "told":
            self.tells = True
            return f"  {name}: {{disclose: line, type_ahead: {self._chance.choice(('true', 'false'))}, go: {after}}}\n"
        if kind == "warn":
            return f"  {name}: {{disclose_for: deal0, go: {after}}}\n"
        if kind == "risk":
            low = f"[{{if: risk < 3, to: {self._later(number)}}}, {{else: {after}}}]"
            return f"  {name}: {{choose: {low}}}\n"
        if kind == "set":
            return f"  {name}: {{language: {self._chance.choice(('en', 'zh'))}, go: {after}}}\n"
        if kind == "lookup":
            keep = f"given: {{account: account}}, keep: {{customer: c, risk: r}}, failed: {self._later(number)}"
            return f"  {name}: {{lookup: bank.customer, {keep}, go: {after}}}\n"
        if kind == "account":
            value = "digits: {into: account, length: 2, hear: true}"
            return f"  {name}: {{ask: {{en: Account?, zh: 账号？}}, {value}, go: {after}}}\n"
        if kind == "ahead":
            return f"  {name}: {{say: {{en: Hm., zh: 嗯。}}, barge_in: never, type_ahead: true, go: {after}}}\n"
        if kind == "value":
            return f"  {name}: {{ask: {{en: What?, zh: 什么？}}, {self._chance.choice(_VALUES)}, go: {after}}}\n"
        if kind == "intent":
            on, off = (
                f"{{en: [{word} it, do {word}, {word} now], zh: [{sign}它, 马上{sign}, {sign}]}}"
                for word, sign in _DEEDS
            )
            picks = f"on: {{press: 1, like: {on}, go: {after}}}, off: {{press: 2, like: {off}, go: {self._anywhere()}}}"
            return f"  {name}: {{ask: {{en: Tell me., zh: 请说。}}, choices: {{{picks}}}}}\n"
        if kind == "dialog":
            dialog = self._chance.choice(("who", "nested"))
            self.dialogs.add(dialog)
            way = f"returns: {{passed: {after}, failed: {self._later(number)}}}"
            return f"  {name}: {{dialog: {dialog}, given: {{account: account}}, keep: {{customer: customer}}, {way}}}\n"
        if kind == "consent":
            self.asks_consent = True
            return f"  {name}: {{consent: recording, ask: {{en: Record?, zh: 录音？}}, yes: {after}, no: {after}}}\n"
        if kind == "up":
            self.steps_up = True
            level = self._chance.choice(("basic", "strong"))
            proofs = f"proofs: {{basic: {self._later(number)}, strong: {self._later(number)}}}"
            rest = f"{proofs}, go: {after}, otherwise: {self._later(number)}"
            return f"  {name}: {{identify: {level}, by: policy, {rest}}}\n"
        if kind == "queue":
            ways = f"assist: {{1: {self._anywhere()}}}, hand_over: {{1: {self._anywhere()}}}"
            ways += f", confirms: {_SEEN}, customer: account" if number % 2 else ""
            return f"  {name}: {{enqueue: q, otherwise: {after}, after: {self._later(number)}, {ways}}}\n"
        if kind == "callback":
            whose = self._chance.choice(("caller", "account"))
            return f"  {name}: {{callback: q, number: {whose}, go: {after}, failed: {self._later(number)}}}\n"
        if kind == "voicemail":
            return f"  {name}: {{voicemail: box, go: {after}, empty: {self._later(number)}}}\n"
        if kind == "transfer":
            return f"  {name}: {{transfer: office, failed: {after}, after: {self._later(number)}}}\n"
        return self._proof(number, kind) if kind in ("keys", "voice") else self._ask(name, after)

    def _proof(self, number: int, kind: str) -> str:
        name, after = f"s{number}", f"s{number + 1}"
        lost = self._later(number)
        if kind == "voice":
            digits = "challenge: 6, ask: {en: 'Say {challenge}', zh: '请说{challenge}'}, "
            ask = (digits, f"{_SPEAK}, ", "")[number % 3]
            rest = f"customer: customer, {ask}unscored: {lost}, otherwise: {lost}"
            return f"  {name}: {{identify: basic, by: voice, {rest}, go: {after}}}\n"
        rest = f"given: {{account: account}}, keep: {{good: good}}, passed: good, again: {lost}, otherwise: {lost}"
        return f"  {name}: {{identify: strong, by: keys, lookup: bank.pin, {rest}, failed: {lost}, go: {after}}}\n"

    def _ask(self, name: str, after: str) -> str:
        language = self._chance.choice(("", ", language: en", ", language: zh"))
        picks = [f"on: {{press: 1, go: {after}}}", f"off: {{press: 2, go: {self._anywhere()}{language}}}"]
        if self._chance.random() < 0.3:
            if_zh = f"[{{if: language = 'zh', to: {self._anywhere()}}}, {{else: {self._anywhere()}}}]"
            picks.append(f"may: {{press: 3, go: {if_zh}}}")
        return f"  {name}: {{ask: {{en: Well?, zh: 嗯？}}, choices: {{{', '.join(picks)}}}}}\n"
