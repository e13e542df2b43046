"""Text in, sound Dialplan out; or a DialplanError with every finding at its line.

The steps: YAML with places, then the shape (pydantic), then the model, then the checks. What comes out was refused
nowhere, so nothing that runs a Dialplan checks it again (but for the guard, which trusts no one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ivr.core.dialplan.flow import Way, graph
from ivr.core.dialplan.language import check
from ivr.core.dialplan.language.build import Builder, Places
from ivr.core.dialplan.language.build_dialogs import build_dialogs, check_uses
from ivr.core.dialplan.language.build_hours import hours_of, zone_of
from ivr.core.dialplan.language.build_policy import policy_of
from ivr.core.dialplan.language.build_questions import yes_no_words
from ivr.core.dialplan.language.build_risk import risk_of
from ivr.core.dialplan.language.build_states import StateBuilder, value_specs
from ivr.core.dialplan.language.dialogs import MAX_STATES, Expansion
from ivr.core.dialplan.language.finding import Finding, Mark
from ivr.core.dialplan.language.line_rules import line_rules
from ivr.core.dialplan.language.placing import Placing
from ivr.core.dialplan.language.schema_file import FileIn, FragmentIn
from ivr.core.dialplan.language.schema_obligations import AcknowledgeIn, ProtectIn
from ivr.core.dialplan.language.source import Path, Source, failed, read_source
from ivr.core.dialplan.language.translate import shape_findings
from ivr.core.dialplan.line_law import LineFact
from ivr.core.dialplan.messages import BUILT_IN
from ivr.core.dialplan.model import Acknowledge, Also, Dialplan, Disclosure, Protection
from ivr.core.dialplan.parts import Bands, CommandAction, Does, Prompt
from ivr.core.dialplan.spoken_figures import HeldFigures
from ivr.core.identity.level import Level

_Shape = TypeVar("_Shape", bound=BaseModel)
_SECTIONS = ("values", "disclosures", "protect", "commands", "dialogs", "states")
_ONCE = {"identity": "an identity policy", "risk": "a risk table"}
"""Sections that a dialplan has once, in whichever of its files."""
MAX_BYTES = 4_000_000
"""Longest dialplan text: a thousand states need about a tenth of it."""


def load_dialplan(text: str, *, source: str, read_include: Callable[[str], str] | None = None) -> Dialplan:
    """The sound dialplan in `text`. `source` names it in findings; `read_include` gives an included file's text.

    Raises DialplanError, with `findings` sorted by place.
    """
    if len(text) > MAX_BYTES:
        raise failed((Mark(source, 1, 1).finding("D008", f"the file is longer than {MAX_BYTES} characters."),))
    main = read_source(text, file=source, top=frozenset(FileIn.model_fields))
    digest = hashlib.sha256(text.encode())
    sources = [main]
    for name in _include_names(main):
        if read_include is None:
            raise failed((main.at(("include",)).finding("D009", "includes cannot be read here."),))
        part = read_include(name)
        digest.update(b"\0" + name.encode() + b"\0" + part.encode())
        sources.append(read_source(part, file=name, top=frozenset(FragmentIn.model_fields)))
    file = _shape(sources)
    rules: dict[str, str] = {}
    for index, name in enumerate(file.figures.rules if file.figures is not None else ()):
        if read_include is None:
            raise failed((main.at(("figures", "rules", index)).finding("D009", "rules cannot be read here."),))
        rules[name] = read_include(name)
        digest.update(b"\0" + name.encode() + b"\0" + rules[name].encode())
    builder = Builder(Places(sources), tuple(file.languages), file.voices)
    dialplan = _build(file, builder, digest.hexdigest(), source)
    if file.figures is not None:
        dialplan = replace(dialplan, figures=HeldFigures(rules, file.figures.otherwise))
    # A dialog is checked at every use, and told of once.
    out = {} if builder.findings else graph(dialplan)
    findings = builder.findings or set(check.findings(dialplan, builder.places, out))
    if findings:
        raise failed(tuple(sorted(findings)))
    return replace(dialplan, places=_places(out, builder.places) | _head_places(dialplan, builder.places))


def _places(ways: Mapping[str, list[Way]], places: Places) -> dict[tuple[str, ...], str]:
    """Where every state and every way between two is written; a way that is written in several places has none."""
    found: dict[tuple[str, ...], str] = {}
    for name, out in ways.items():
        mark = places.at(("states", name), key=True)
        found[(name,)] = f"{mark.file}:{mark.line}"
        targets = [way.target for way in out]
        for way in out:
            if targets.count(way.target) == 1:
                mark = places.at(way.path)
                found[name, way.target] = f"{mark.file}:{mark.line}"
    return found


def _head_places(dialplan: Dialplan, places: Places) -> dict[tuple[str, ...], str]:
    """Where the jurisdiction stands, and what says of each disclosure that an agent may read it."""
    readable = (name for name, one in dialplan.disclosures.items() if one.agent_may_read)
    paths = [("jurisdiction",), *(("disclosures", name, "agent_may_read") for name in readable)]
    marks = ((path, places.at(path, key=True)) for path in paths)
    return {("", *path): f"{mark.file}:{mark.line}" for path, mark in marks}


# --- shape ----------------------------------------------------------------------------------------------------------


def _include_names(main: Source) -> list[str]:
    names = main.value.get("include", [])
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _shape(sources: list[Source]) -> FileIn:
    """Validate each file on its own, then put the parts together."""
    found: list[Finding] = []
    main = _validate(FileIn, sources[0], found)
    parts = [_validate(FragmentIn, source, found) for source in sources[1:]]
    if found or main is None:
        raise failed(tuple(sorted(found)))
    files = [(source, part) for source, part in zip(sources, [main, *parts], strict=True) if part is not None]
    once = {section: _once(section, what, files, found) for section, what in _ONCE.items()}
    merged: dict[str, dict[str, object]] = {section: dict(getattr(main, section)) for section in _SECTIONS}
    for source, part in zip(sources[1:], parts, strict=True):
        for section in _SECTIONS:
            for name, item in getattr(part, section).items():
                if name in merged[section]:
                    mark = source.at((section, name), key=True)
                    found.append(mark.finding("D010", f"'{name}' is also in another file.", "Rename one of them."))
                merged[section][name] = item
    if found:
        raise failed(tuple(sorted(found)))
    return main.model_copy(update={**merged, **once})


def _once(section: str, what: str, files: list[tuple[Source, FragmentIn]], found: list[Finding]) -> object:
    """What the one file says that has it; None: none has."""
    written = [(source, getattr(part, section)) for source, part in files]
    there = [(source, item) for source, item in written if item is not None]
    for source, _ in there[1:]:
        mark = source.at((section,), key=True)
        found.append(mark.finding("D010", f"another file has {what}, too.", "Keep one of them."))
    return there[0][1] if there else None


def _validate(shape: type[_Shape], source: Source, found: list[Finding]) -> _Shape | None:
    try:
        return shape.model_validate(source.value)
    except ValidationError as error:
        found.extend(shape_findings(error, source, shape))
        return None


# --- model ----------------------------------------------------------------------------------------------------------


def _build(file: FileIn, builder: Builder, sha256: str, source: str) -> Dialplan:
    common = {name: builder.message(name, getattr(file.messages, name)) for name in BUILT_IN}
    states = StateBuilder(builder, file, common)
    disclosures = _disclosures(file, builder)
    yes, no = yes_no_words(file)
    if any(language not in words for words in (yes, no) for language in file.languages):
        builder.wrong(("languages",), "D117", "yes and no are not known in every language.", "Add words: {yes:, no:}.")
    if file.confidence.confirm > file.confidence.accept:
        builder.wrong(("confidence",), "D118", "confirm is above accept.", "Swap them.", key=True)
    protect = {target: _protection(target, rule, builder) for target, rule in file.protect.items()}
    shared = frozenset((*check.BUILT_IN_VALUES, *file.hours, *(["jurisdiction"] if file.jurisdiction else [])))
    dialogs = build_dialogs(file, builder, common, shared)
    written = {name: states.build(name, item) for name, item in file.states.items()}
    check_uses(written, dialogs, builder)
    whole = Expansion(dialogs, shared, value_specs(file.values))
    if not builder.findings:
        whole.expand(written)
        builder.places.moved = whole.places
        protect = _protected(protect, whole, shared, builder)
    return Dialplan(
        name=file.name,
        version=file.version,
        sha256=sha256,
        source=source,
        languages=tuple(file.languages),
        start=file.start,
        early=builder.prompt(file.early.say, ("early", "say")) if file.early else None,
        max_minutes=file.max_minutes,
        bands=Bands(file.confidence.accept, file.confidence.confirm),
        values=whole.values,
        disclosures=disclosures,
        protect=protect,
        commands=_commands(file, builder, common["help"]),
        messages=common,
        states=whole.states,
        defined=whole.defined,
        recording=file.recording,
        policy=policy_of(file.identity),
        risk=risk_of(file.risk),
        yes=yes,
        no=no,
        jurisdiction=file.jurisdiction,
        line=line_rules(file.jurisdiction, disclosures, whole.states),
        zone=zone_of(file.zone, ("zone",), builder),
        hours={name: hours_of(name, item, file.zone, builder) for name, item in file.hours.items()},
    )


def _protected(
    rules: dict[str, Protection], whole: Expansion, shared: frozenset[str], builder: Builder
) -> dict[str, Protection]:
    """A rule on a dialog's state holds wherever the dialog is used."""
    if whole.is_too_large:
        text = f"with its dialogs, the dialplan has more than {MAX_STATES} states."
        builder.wrong(("dialogs",), "D208", text, "Use fewer dialogs within dialogs.", key=True)
    found: dict[str, Protection] = {}
    for target, rule in rules.items():
        dialog, _, state = target.partition("/")
        if not state:
            found[target] = rule
        elif dialog not in whole.dialogs or state not in whole.dialogs[dialog].states:
            hint = "Name a dialog's state as dialog/state."
            builder.wrong(("protect", target), "D160", f"'{target}' is no state of a dialog.", hint, key=True)
        for name, defined in whole.defined.items():
            if defined == target:
                there = Placing(name.removesuffix(state), shared)
                also = tuple(replace(more, condition=there.expression(more.condition)) for more in rule.also)
                found[name] = replace(rule, target=name, also=also)
                builder.places.moved["protect", name] = ("protect", target)
    return found


def _protection(target: str, rule: ProtectIn, builder: Builder) -> Protection:
    also: list[Also] = []
    for index, more in enumerate(rule.also):
        condition = builder.condition(more.if_, ("protect", target, "also", index, "if"))
        if condition is not None:
            also.append(Also(condition, " ".join(more.if_.split()), tuple(more.after)))
    return Protection(target, tuple(rule.after), Level(rule.identity), rule.recorded, tuple(also))


def _disclosures(file: FileIn, builder: Builder) -> dict[str, Disclosure]:
    found = {}
    for name, written in file.disclosures.items():
        path: Path = ("disclosures", name)
        if written.acknowledge is None and not (written.tells and written.otherwise):
            hint = "Add acknowledge:, or, where it only tells of the line, tells: [machine] and otherwise: STATE."
            builder.wrong(path, "D241", "this disclosure asks for nothing.", hint, key=True)
        if written.acknowledge is not None and written.otherwise is not None:
            hint = "Keep acknowledge: otherwise:."
            builder.wrong((*path, "otherwise"), "D241", "where it leads to stands twice.", hint, key=True)
        say, way = builder.prompt(written.say, (*path, "say")), _acknowledge(written.acknowledge, builder, path)
        found[name] = Disclosure(
            name,
            say,
            way,
            written.plays,
            written.max_loss,
            written.agent_may_read,
            tells=tuple(map(LineFact, dict.fromkeys(written.tells))),
            unheard=written.otherwise or "",
            in_any_language=way is None and _in_every_language(say, builder.languages),
        )
    return found


def _acknowledge(way: AcknowledgeIn | None, builder: Builder, path: Path) -> Acknowledge | None:
    if way is None:
        return None
    return Acknowledge(
        builder.prompt(way.ask, (*path, "acknowledge", "ask")),
        way.press,
        builder.hear(way.hear, (*path, "acknowledge", "hear")),
        way.attempts,
        way.otherwise,
        way.wait,
    )


def _in_every_language(prompt: Prompt, languages: tuple[str, ...]) -> bool:
    """Whether the same is said whatever the call's language, and in each of them."""
    said = [*prompt.pieces.values()]
    return all(pieces == said[0] for pieces in said) and {piece.clip.language for piece in said[0]} >= {*languages}


def _commands(file: FileIn, builder: Builder, help_prompt: Prompt) -> tuple[CommandAction, ...]:
    found = []
    for name, written in file.commands.items():
        path: Path = ("commands", name)
        if sum(what is not None for what in (written.do, written.go, written.language)) != 1:
            builder.wrong(path, "D119", "a command does one thing.", "Give it do:, go: or language:.", key=True)
        say = builder.prompt(written.say, (*path, "say")) if written.say is not None else None
        if written.do == "help" and say is None:
            say = help_prompt
        hear = builder.hear(written.hear, (*path, "hear"))
        do = Does(written.do or (Does.GO if written.language is None else Does.LANGUAGE))
        found.append(CommandAction(name, written.press, hear, do, written.go, say, written.language))
    return tuple(found)
