"""Dialplans with a way round an obligation, and others that are sound."""

from __future__ import annotations

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan

HEAD = """\
name: deals
version: "1"
languages: [en, zh]
start: first
defaults: {otherwise: bye, silence: {attempts: 1}, nomatch: {attempts: 1}}
values: {account: digits, pin: {type: digits, secret: true}, good: yes_no, customer: text, other: text}
disclosures:
  risk:
    say: {en: You may lose money., zh: 您可能亏损。}
    acknowledge: {ask: {en: Press one., zh: 请按1。}, press: 1, attempts: 1, otherwise: %s}
"""

COSTS = """\
  costs:
    say: {en: It costs money., zh: 需要费用。}
    acknowledge: {ask: {en: Press one., zh: 请按1。}, press: 1, attempts: 1, otherwise: bye}
"""

DEAL = """\
  deal: {say: {en: The deal., zh: 成交。}, go: bye}
  bye: {hang_up: completed}
"""

WARN = "  warn: {disclose: risk, go: deal}\n"

WHICH = "ask: {en: Which?, zh: 哪个？}"

KNOWN = """\
  first: {ask: {en: Account?, zh: 账号？}, digits: {into: account, length: 2}, go: who}
  who: {lookup: bank.customer, given: {account: account}, keep: {customer: c}, failed: bye, go: %s}
"""

PIN = """\
  pin:
    {identify: basic, by: keys, lookup: bank.pin, given: {account: account}, keep: {good: good}, passed: good,
     again: bye, otherwise: %s, attempts: 1, failed: bye, go: %s}
"""

VOICE = """\
  voice:
    {identify: basic, by: voice, customer: customer, ask: {en: Speak., zh: 请说。},
     unscored: %s, otherwise: %s, go: %s}
"""

RISK = "protect: {deal: {after: [risk]}}\n"

RECORDED = "recording: consent\nprotect: {deal: {recorded: true}}\ndisclosures: {}\n"

STRONG = "protect: {deal: {identity: strong}}\ndisclosures: {}\n"
BASIC = STRONG.replace("strong", "basic")
"""All that a voice alone comes to."""


def deals(states: str, *, protect: str = RISK, extra: str = "", otherwise: str = "bye") -> Dialplan:
    head = HEAD % otherwise
    if "disclosures: {}" in protect:
        head = head[: head.index("disclosures:")]
    return load_dialplan(head + extra + protect + "states:\n" + states + DEAL, source="deals.yaml")


CALLBACK = "callback: q, number: caller"

BYPASSES: dict[str, tuple[Dialplan, str]] = {
    "a choice that leads straight to it": (
        deals(f"  first: {{{WHICH}, choices: {{a: {{press: 1, go: warn}}, b: {{press: 2, go: deal}}}}}}\n" + WARN),
        "risk",
    ),
    "a global command": (
        deals(
            f"  first: {{{WHICH}, choices: {{a: {{press: 1, go: warn}}, b: {{press: 2, go: bye}}}}}}\n" + WARN,
            extra="commands: {now: {press: 5, go: deal}}\n",
            protect=RISK,
        ),
        "risk",
    ),
    "not acknowledging": (deals("  first: {disclose: risk, go: bye}\n", otherwise="deal"), "risk"),
    "silence": (
        deals(f"  first: {{{WHICH}, yes: warn, no: bye, silence: {{otherwise: deal}}}}\n" + WARN),
        "risk",
    ),
    "mumbling": (
        deals(f"  first: {{{WHICH}, yes: warn, no: bye, nomatch: {{otherwise: deal}}}}\n" + WARN),
        "risk",
    ),
    "a lookup that fails": (
        deals("  first: {lookup: bank.risk, go: warn, failed: deal}\n" + WARN),
        "risk",
    ),
    "a lookup that says so": (
        deals(
            "  first: {lookup: bank.told, keep: {good: told}, failed: bye,"
            " go: [{if: good, to: deal}, {else: warn}]}\n" + WARN
        ),
        "risk",
    ),
    "a condition on the language": (
        deals("  first: {choose: [{if: language = 'en', to: deal}, {else: warn}]}\n" + WARN),
        "risk",
    ),
    "a value set by the dialplan itself": (
        deals(
            "  first: {set: {good: 1 = 1}, go: next}\n  next: {choose: [{if: good, to: deal}, {else: warn}]}\n" + WARN
        ),
        "risk",
    ),
    "an agent who gives the call back": (
        deals("  first: {enqueue: q, otherwise: warn, after: deal}\n" + WARN),
        "risk",
    ),
    "a target of a transfer that is busy": (
        deals("  first: {transfer: office, failed: deal, after: warn}\n" + WARN),
        "risk",
    ),
    "a target of a transfer that gives the call back": (
        deals("  first: {transfer: office, failed: warn, after: deal}\n" + WARN),
        "risk",
    ),
    "a message that is left": (deals("  first: {voicemail: box, go: deal, empty: warn}\n" + WARN), "risk"),
    "a message that is not left": (deals("  first: {voicemail: box, go: warn, empty: deal}\n" + WARN), "risk"),
    "a callback request": (
        deals("  first: {callback: q, number: caller, go: deal, failed: warn}\n" + WARN),
        "risk",
    ),
    "a callback request that is not kept": (
        deals("  first: {callback: q, number: caller, go: warn, failed: deal}\n" + WARN),
        "risk",
    ),
    "no agent who comes": (deals("  first: {enqueue: q, otherwise: deal, after: warn}\n" + WARN), "risk"),
    "a language chosen after the warning": (
        deals(
            "  first: {disclose: risk, go: lang}\n"
            f"  lang: {{{WHICH}, choices: {{a: {{press: 1, go: deal}}, b: {{press: 2, language: zh, go: deal}}}}}}\n"
        ),
        "risk",
    ),
    "a language set after the warning": (
        deals("  first: {disclose: risk, go: lang}\n  lang: {language: zh, go: deal}\n"),
        "risk",
    ),
    "a warning heard in one language, the deal made in the other": (
        deals(
            "  first: {disclose: risk, go: lang}\n  lang: {language: zh, go: back}\n  back: {language: en, go: deal}\n"
        ),
        "risk",
    ),
    "another warning than the one demanded": (
        deals(f"  first: {{disclose: costs, go: ask}}\n  ask: {{{WHICH}, yes: deal, no: warn}}\n" + WARN, extra=COSTS),
        "risk",
    ),
    "one of two warnings": (
        deals(
            "  first: {disclose: risk, go: ask}\n"
            f"  ask: {{{WHICH}, yes: deal, no: rest}}\n  rest: {{disclose: costs, go: deal}}\n",
            extra=COSTS,
            protect="protect: {deal: {after: [risk, costs]}}\n",
        ),
        "costs",
    ),
    "the warning begun a second time and then refused": (
        deals(
            "  first: {disclose: risk, go: ask}\n"
            f"  ask: {{{WHICH}, yes: first, no: deal}}\n"
            f"  after: {{{WHICH}, yes: deal, no: bye}}\n",
            otherwise="after",
        ),
        "risk",
    ),
    "a query sent from another state": (
        deals(
            f"  first: {{{WHICH}, yes: warn, no: quick}}\n  quick: {{lookup: bank.order, go: bye, failed: bye}}\n"
            "  warn: {disclose: risk, go: slow}\n  slow: {lookup: bank.order, go: deal, failed: bye}\n",
            protect="protect: {bank.order: {after: [risk]}}\n",
        ),
        "risk",
    ),
    "keys typed ahead over a greeting": (
        deals(
            "  first: {say: {en: Hello., zh: 您好。}, type_ahead: true, barge_in: never, go: ask}\n"
            f"  ask: {{{WHICH}, yes: deal, no: warn}}\n" + WARN
        ),
        "risk",
    ),
    "the command back, after the language changed": (
        deals(
            f"  first: {{{WHICH}, choices: {{a: {{press: 1, go: warn}}, z: {{press: 2, language: zh, go: last}}}}}}\n"
            f"  warn: {{disclose: risk, go: sure}}\n"
            f"  sure: {{{WHICH}, choices: {{a: {{press: 1, go: deal}}, z: {{press: 3, go: lang}}}}}}\n"
            f"  lang: {{language: zh, go: last}}\n"
            f"  last: {{{WHICH}, yes: bye, no: bye}}\n",
            extra="commands: {back: {press: '#', do: back}}\n",
        ),
        "risk",
    ),
    "no identity at all": (
        deals(
            f"  first: {{{WHICH}, yes: deal, no: who}}\n"
            + KNOWN.partition("\n")[2] % "voice"
            + VOICE % ("bye", "bye", "deal"),
            protect=BASIC,
        ),
        "identity basic",
    ),
    "a voice that cannot be scored": (
        deals(KNOWN % "voice" + VOICE % ("deal", "bye", "deal"), protect=BASIC),
        "identity basic",
    ),
    "a voice that is rejected": (
        deals(KNOWN % "voice" + VOICE % ("bye", "deal", "deal"), protect=BASIC),
        "identity basic",
    ),
    "a PIN where a voice is demanded": (
        deals(KNOWN % "pin" + PIN % ("bye", "deal"), protect=STRONG),
        "identity strong",
    ),
    "a PIN tried too often": (
        deals(KNOWN % "pin" + PIN % ("deal", "deal"), protect=BASIC),
        "identity basic",
    ),
    "another account keyed after the voice": (
        deals(
            KNOWN % "voice"
            + VOICE % ("bye", "bye", "again")
            + "  again: {ask: {en: Account?, zh: 账号？}, digits: {into: account, length: 2}, go: deal}\n",
            protect=BASIC,
        ),
        "identity basic",
    ),
    "another customer set after the voice": (
        deals(
            KNOWN % "voice" + VOICE % ("bye", "bye", "swap") + "  swap: {set: {customer: \"'c-1'\"}, go: deal}\n",
            protect=BASIC,
        ),
        "identity basic",
    ),
    "a refusal to be recorded": (
        deals(
            f"  first: {{consent: recording, {WHICH}, yes: deal, no: sure}}\n  sure: {{{WHICH}, yes: deal, no: bye}}\n",
            protect=RECORDED,
        ),
        "a recording",
    ),
    "silence at the question for consent": (
        deals(
            f"  first: {{consent: recording, {WHICH}, yes: deal, no: bye, silence: {{otherwise: deal}}}}\n",
            protect=RECORDED,
        ),
        "a recording",
    ),
    "consent taken back": (
        deals(
            f"  first: {{consent: recording, {WHICH}, yes: again, no: bye}}\n"
            f"  again: {{consent: recording, {WHICH}, yes: deal, no: menu}}\n"
            f"  menu: {{{WHICH}, yes: deal, no: bye}}\n",
            protect=RECORDED,
        ),
        "a recording",
    ),
    "the command back, after a refusal": (
        deals(
            f"  first: {{{WHICH}, yes: may, no: deal}}\n"
            f"  may: {{consent: recording, {WHICH}, yes: bye, no: last}}\n"
            f"  last: {{{WHICH}, yes: bye, no: bye}}\n",
            extra="commands: {back: {press: '#', do: back}}\n",
            protect=RECORDED,
        ),
        "a recording",
    ),
    "a branch for those who are only half known": (
        deals(
            KNOWN % "pin"
            + PIN % ("bye", "how")
            + "  how: {choose: [{if: identity = 'basic', to: deal}, {else: bye}]}\n",
            protect=STRONG,
        ),
        "identity strong",
    ),
}

SOUND: dict[str, Dialplan] = {
    "the plain way": deals("  first: {disclose: risk, go: deal}\n"),
    "the warning in the language of the deal": deals(
        f"  first: {{{WHICH}, choices: {{a: {{press: 1, go: warn}}, b: {{press: 2, language: zh, go: warn}}}}}}\n"
        + WARN
    ),
    "a branch for those who are known": deals(
        KNOWN % "pin"
        + PIN % ("bye", "how")
        + "  how: {choose: [{if: identity = 'strong', to: deal}, {else: voice}]}\n"
        + VOICE.replace("basic", "strong") % ("bye", "bye", "how2")
        + "  how2: {choose: [{if: identity = 'strong', to: deal}, {else: bye}]}\n",
        protect=STRONG.replace("{deal:", "{voice: {identity: basic}, deal:"),
    ),
    "only those who agreed to be recorded": deals(
        f"  first: {{consent: recording, {WHICH}, yes: menu, no: bye}}\n  menu: {{{WHICH}, yes: deal, no: again}}\n"
        f"  again: {{consent: recording, {WHICH}, yes: deal, no: bye}}\n",
        protect=RECORDED,
    ),
    "who refused is asked again": deals(
        f"  first: {{consent: recording, {WHICH}, yes: deal, no: menu}}\n  menu: {{{WHICH}, yes: again, no: bye}}\n"
        f"  again: {{consent: recording, {WHICH}, yes: deal, no: bye}}\n",
        protect=RECORDED,
    ),
    "a language chosen after the consent": deals(
        f"  first: {{consent: recording, {WHICH}, yes: lang, no: bye}}\n  lang: {{language: zh, go: deal}}\n",
        protect=RECORDED,
    ),
    "a call that must be recorded": deals(
        f"  first: {{consent: recording, {WHICH}, yes: deal, no: bye}}\n",
        protect=RECORDED.replace("recording: consent\n", ""),
    ),
    "the command back, round a warning begun anew": deals(
        f"  first: {{{WHICH}, yes: warn, no: bye}}\n  warn: {{disclose: risk, go: sure}}\n"
        f"  sure: {{{WHICH}, yes: deal, no: first}}\n",
        extra="commands: {back: {press: '#', do: back}}\n",
    ),
    "back and forth with a warning in between": deals(
        f"  first: {{{WHICH}, yes: warn, no: bye}}\n  warn: {{disclose: risk, go: sure}}\n"
        f"  sure: {{{WHICH}, yes: deal, no: bye}}\n",
        extra="commands: {back: {press: '#', do: back}, repeat: {press: 9, do: repeat}}\n",
    ),
}
