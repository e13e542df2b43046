"""What changed between two dialplans for those who call: what is said, where answers lead, what is protected.

Only what a call can reach counts: comments, order, and states that nothing leads to make no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.core.dialplan.flow import graph, reachable
from ivr.core.dialplan.meaning import Derived, Leads, Names
from ivr.core.dialplan.model import Demand, Dialplan, Disclosure
from ivr.core.dialplan.parts import Choice, CommandAction, Prompt, Retry, Route
from ivr.core.dialplan.states import State
from ivr.core.dialplan.states.walk import Field, fields_of


def differences(old: Dialplan, new: Dialplan) -> list[str]:
    """One line for each change, what protects first."""
    return [
        *_protection(old, new),
        *_disclosures(old, new),
        *_states(old, new),
        *_commands(old, new),
        *_languages(old, new),
    ]


def _protection(old: Dialplan, new: Dialplan) -> Iterator[str]:
    for target in sorted(old.protect.keys() | new.protect.keys()):
        before, after = old.protect.get(target), new.protect.get(target)
        if before is None and after is not None:
            yield f"protect {target}: new: after {_listed(after.demands)}, identity {after.identity}"
        elif before is not None and after is None:
            yield f"protect {target}: NO LONGER PROTECTED (was: after {_listed(before.demands)}, {before.identity})"
        elif before is not None and after is not None and before != after:
            old_demands, new_demands = set(map(str, before.demands)), set(map(str, after.demands))
            for name in sorted(old_demands - new_demands):
                yield f"protect {target}: no longer after {name}"
            for name in sorted(new_demands - old_demands):
                yield f"protect {target}: now after {name}"
            if before.identity != after.identity:
                yield f"protect {target}: identity {before.identity} becomes {after.identity}"
            if before.recorded != after.recorded:
                yield f"protect {target}: {'now' if after.recorded else 'no longer'} only where the call is recorded"


def _listed(demands: tuple[Demand, ...]) -> str:
    return ", ".join(map(str, demands)) or "nothing"


def _disclosures(old: Dialplan, new: Dialplan) -> Iterator[str]:
    for name in sorted(old.disclosures.keys() | new.disclosures.keys()):
        before, after = old.disclosures.get(name), new.disclosures.get(name)
        if before is None or after is None:
            yield f"disclosure {name}: {'new' if before is None else 'gone'}"
            continue
        yield from _said(f"disclosure {name}", before.say, after.say)
        old_way, new_way = before.acknowledge, after.acknowledge
        if old_way is None or new_way is None:
            if old_way is not new_way:
                yield f"disclosure {name}: {'now' if new_way else 'no longer'} to be acknowledged"
        else:
            yield from _said(f"disclosure {name}, acknowledgement", old_way.ask, new_way.ask)
            for what in ("press", "hear", "attempts", "wait"):
                if getattr(old_way, what) != getattr(new_way, what):
                    yield f"disclosure {name}, {what}: {getattr(old_way, what)} becomes {getattr(new_way, what)}"
        if _facts(before) != _facts(after):
            yield f"disclosure {name} tells: {_facts(before)} becomes {_facts(after)}"
        for what in ("otherwise", "plays", "max_loss"):
            if getattr(before, what) != getattr(after, what):
                yield f"disclosure {name}, {what}: {getattr(before, what)} becomes {getattr(after, what)}"


def _facts(disclosure: Disclosure) -> str:
    return ", ".join(sorted(disclosure.tells)) or "nothing of the line"


def _words(prompt: Prompt | None) -> dict[str, str]:
    if prompt is None:
        return {}
    return {language: " ".join(piece.clip.shown for piece in pieces) for language, pieces in prompt.pieces.items()}


def _said(where: str, before: Prompt | None, after: Prompt | None) -> Iterator[str]:
    old, new = _words(before), _words(after)
    for language in sorted(old.keys() | new.keys()):
        if old.get(language) != new.get(language):
            yield f"{where} ({language}): '{old.get(language, '')}' becomes '{new.get(language, '')}'"


def _reached(dialplan: Dialplan) -> Mapping[str, set[tuple[str, str]]]:
    """Reachable state -> its ways: (why, where to)."""
    ways = graph(dialplan)
    names = reachable([dialplan.start], {name: [way.target for way in out] for name, out in ways.items()})
    return {name: {(way.why, way.target) for way in ways[name]} for name in dialplan.states if name in names}


def _states(old: Dialplan, new: Dialplan) -> Iterator[str]:
    before, after = _reached(old), _reached(new)
    if old.start != new.start:
        yield f"start: {old.start} becomes {new.start}"
    for name in sorted(before.keys() - after.keys()):
        yield f"state {name}: can no longer be reached"
    for name in sorted(after.keys() - before.keys()):
        yield f"state {name}: new"
    for name in [name for name in after if name in before]:
        for why, target in sorted(before[name] - after[name]):
            yield f"state {name}: {why}: no longer to {target}"
        for why, target in sorted(after[name] - before[name]):
            yield f"state {name}: {why}: now to {target}"
        yield from _inside(old.states[name], new.states[name])


def _inside(old: State, new: State) -> Iterator[str]:
    if type(old) is not type(new):
        yield f"state {old.name}: is of another kind now"
        return
    for field in fields_of(type(new)):
        if field.mark(Derived) is None and field.names is not Names.ITSELF:
            yield from _field(new.name, field, getattr(old, field.name), getattr(new, field.name))


def _field(state: str, field: Field, old: object, new: object) -> Iterator[str]:
    """One field of a state. Where its ways lead is told apart, as `_reached` knows them."""
    match old, new:
        case Retry(), Retry():
            for before, after in zip(old.prompts, new.prompts, strict=False):
                yield from _said(f"state {state}, {field.name}", before, after)
            if (old.attempts, len(old.prompts)) != (new.attempts, len(new.prompts)):
                yield f"state {state}, {field.name}: {_retry(old)} becomes {_retry(new)}"
        case (Prompt() | None, Prompt() | None):
            yield from _said(f"state {state}", old, new)
        case (tuple(), tuple()):
            yield from _choices(state, old, new)
        case _ if old == new or field.mark(Leads) is not None:
            return
        case (str() | int() | float() | None, str() | int() | float() | None):
            yield f"state {state}, {field.name}: {_shown(old)} becomes {_shown(new)}"
        case _:
            yield f"state {state}: {field.name} changed"


def _shown(value: object) -> object:
    return "none" if value is None else value


def _retry(retry: Retry) -> str:
    return f"asked again {retry.attempts} times, {len(retry.prompts)} prompts"


def _heard(where: str, before: Choice | CommandAction, after: Choice | CommandAction) -> Iterator[str]:
    """What is understood as an answer, by key and by voice."""
    for what in ("press", "hear", "like", "language", "do", "go"):
        old, new = getattr(before, what, None), getattr(after, what, None)
        if old != new and not isinstance(new, Route):
            yield f"{where}, {what}: {old or 'nothing'} becomes {new or 'nothing'}"


def _choices(state: str, old: tuple[Choice, ...], new: tuple[Choice, ...]) -> Iterator[str]:
    before = {choice.name: choice for choice in old}
    for choice in new:
        if choice.name in before:
            yield from _heard(f"state {state}, choice {choice.name}", before[choice.name], choice)


def _commands(old: Dialplan, new: Dialplan) -> Iterator[str]:
    before = {command.name: command for command in old.commands}
    after = {command.name: command for command in new.commands}
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after:
            yield from _heard(f"command {name}", before[name], after[name])
        else:
            yield f"command {name}: {'new' if name in after else 'gone'}"


def _languages(old: Dialplan, new: Dialplan) -> Iterator[str]:
    if old.recording != new.recording:
        yield f"recording: {old.recording} becomes {new.recording}"
    if old.languages != new.languages:
        yield f"languages: {', '.join(old.languages)} becomes {', '.join(new.languages)}"
    if old.zone != new.zone:
        yield f"zone: {old.zone} becomes {new.zone}"
    for name in sorted(old.hours.keys() | new.hours.keys()):
        if old.hours.get(name) != new.hours.get(name):
            what = "new" if name not in old.hours else "gone" if name not in new.hours else "open at other times"
            yield f"hours {name}: {what}"
    if old.jurisdiction != new.jurisdiction:
        yield f"jurisdiction: {old.jurisdiction or 'none'} becomes {new.jurisdiction or 'none'}"
    if old.bands != new.bands:
        yield f"confidence: {old.bands.accept}/{old.bands.confirm} becomes {new.bands.accept}/{new.bands.confirm}"
