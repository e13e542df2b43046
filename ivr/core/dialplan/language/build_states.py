"""From the shape of each kind of state to its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ivr.core.dialplan import messages
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Builder
from ivr.core.dialplan.language.dialogs import DialogUse
from ivr.core.dialplan.language.schema import AmountIn, DateIn, DigitsIn, PhraseIn, RetryIn, ValueIn
from ivr.core.dialplan.language.schema_file import (
    AskIn,
    CallbackIn,
    ChooseIn,
    ConsentIn,
    DialogUseIn,
    DiscloseForIn,
    DiscloseIn,
    EnqueueIn,
    FileIn,
    HangUpIn,
    IdentifyKeysIn,
    IdentifyVoiceIn,
    LookupIn,
    ReturnIn,
    SayIn,
    SetIn,
    TransferIn,
    VoicemailIn,
)
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.parts import Choice, Entry, Keys, Prompt, Retry, Route, ValueSpec
from ivr.core.dialplan.states import (
    AskState,
    BranchState,
    CallbackState,
    DiscloseForState,
    DiscloseState,
    EndState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.identity.level import Level
from ivr.core.identity.verifier import DEFAULT_THRESHOLDS, Thresholds
from ivr.core.orders.playing import BargeIn

DEFAULT_EMBEDDER = "resemblyzer-0.1.4"
"""Whose thresholds hold for a voice step that names none."""
MOST_AMOUNT_KEYS = 15
"""Digits and the decimal point: a thousand billions."""
DATE_KEYS = 8
"""YYYYMMDD."""
DEFAULT_ATTEMPTS = 2
"""How often a question is asked again when the dialplan does not say."""


OWN_NUMBER = "caller"
"""What a callback writes for the caller's own number."""


class StateBuilder:
    """Builds states in the light of the file's defaults."""

    def __init__(self, builder: Builder, file: FileIn, common: dict[str, Prompt], *, at: Path = ("states",)) -> None:
        self._at = at
        self._builder = builder
        self._file = file
        self._messages = common
        self._kinds: dict[type, Callable[[str, Any, Path], State | DialogUse]] = {
            SayIn: self._say,
            AskIn: self._ask,
            ConsentIn: self._consent,
            DiscloseIn: self._disclose,
            DiscloseForIn: self._disclose_for,
            LookupIn: self._lookup,
            IdentifyKeysIn: self._identify_keys,
            IdentifyVoiceIn: self._identify_voice,
            ChooseIn: self._choose,
            SetIn: self._set,
            EnqueueIn: self._enqueue,
            TransferIn: self._transfer,
            CallbackIn: self._callback,
            VoicemailIn: self._voicemail,
            HangUpIn: self._hang_up,
            DialogUseIn: self._dialog,
            ReturnIn: self._return,
        }

    def build(self, name: str, written: object) -> State | DialogUse:
        """One state."""
        return self._kinds[type(written)](name, written, (*self._at, name))

    def _is_protected(self, name: str) -> bool:
        """Whether a rule names the state; a dialog's as dialog/state."""
        dialog = f"{self._at[1]}/" if len(self._at) > 1 else ""
        return dialog + name in self._file.protect

    def _maybe(self, written: Any, path: Path) -> Prompt | None:
        return None if written is None else self._builder.prompt(written, path)

    def _say(self, name: str, written: SayIn, path: Path) -> State:
        return SayState(
            name,
            self._builder.prompt(written.say, (*path, "say")),
            BargeIn(written.barge_in),
            written.type_ahead,
            self._builder.route(written.go, (*path, "go")),
            served=written.served,
        )

    # --- ask ---

    def _ask(self, name: str, written: AskIn, path: Path) -> State:
        values = [written.digits, written.amount, written.date, written.phrase]
        kinds = [written.choices, written.yes or written.no, *values]
        if sum(kind is not None for kind in kinds) != 1:
            hint = "Give it choices:, or yes: and no:, or one of digits:, amount:, date:, phrase:."
            self._builder.wrong(path, "D130", "a question has exactly one kind of answer.", hint, key=True)
        choices = self._choices(written, path)
        entry = next((self._entry(value, path) for value in values if value is not None), None)
        if (entry is None) != (written.go is None):
            hint = "A value needs go: beside it; choices have a go: each."
            self._builder.wrong(path, "D131", "go: is missing, or is one too many.", hint, key=True)
        defaults = self._file.defaults
        return AskState(
            name,
            self._builder.prompt(written.ask, (*path, "ask")),
            BargeIn(written.barge_in),
            written.type_ahead,
            choices,
            entry,
            None if written.go is None else self._builder.route(written.go, (*path, "go")),
            written.wait if written.wait is not None else defaults.wait,
            self._retry("silence", written.silence, defaults.silence, path),
            self._retry("nomatch", written.nomatch, defaults.nomatch, path),
            self._maybe(written.help, (*path, "help")),
            written.commands,
            served=written.served,
            keeps_language=self._is_protected(name),
        )

    def _consent(self, name: str, written: ConsentIn, path: Path) -> State:
        yes, no = yes_no_words(self._file)
        refuse = self._builder.route(written.no, (*path, "no"))
        defaults = self._file.defaults
        return AskState(
            name,
            self._builder.prompt(written.ask, (*path, "ask")),
            BargeIn(written.barge_in),
            type_ahead=False,
            choices=(
                Choice("yes", messages.YES_KEY, yes, self._builder.route(written.yes, (*path, "yes")), consents=True),
                Choice("no", messages.NO_KEY, no, refuse, consents=False),
            ),
            entry=None,
            go=None,
            wait=written.wait if written.wait is not None else defaults.wait,
            silence=self._retry("silence", written.silence, defaults.silence, path, unanswered=written.no),
            nomatch=self._retry("nomatch", written.nomatch, defaults.nomatch, path, unanswered=written.no),
            help=None,
            commands=False,
            consent=True,
            served=written.served,
        )

    def _choices(self, written: AskIn, path: Path) -> tuple[Choice, ...]:
        if written.yes is not None or written.no is not None:
            return self._yes_no(written, path)
        found = []
        for name, choice in (written.choices or {}).items():
            at = (*path, "choices", name)
            found.append(
                Choice(
                    name,
                    choice.press,
                    self._builder.hear(choice.hear, (*at, "hear")),
                    self._builder.route(choice.go, (*at, "go")),
                    choice.language,
                    like=self._builder.hear(choice.like, (*at, "like")),
                )
            )
        return tuple(found)

    def _yes_no(self, written: AskIn, path: Path) -> tuple[Choice, ...]:
        if written.yes is None or written.no is None:
            self._builder.wrong(path, "D132", "yes: and no: belong together.", "Add the other one.", key=True)
            return ()
        words = yes_no_words(self._file)
        return (
            Choice("yes", messages.YES_KEY, words[0], self._builder.route(written.yes, (*path, "yes"))),
            Choice("no", messages.NO_KEY, words[1], self._builder.route(written.no, (*path, "no"))),
        )

    def _keys(self, written: DigitsIn, path: Path) -> Keys:
        bounds = written.min is not None or written.max is not None
        if (written.length is None) == (not bounds) or (bounds and written.max is None):
            self._builder.wrong(path, "D133", "how many digits?", "Write length: 8, or min: 4 and max: 6.", key=True)
        most = written.length or written.max or 1
        least = written.length or written.min or 1
        if least > most:
            self._builder.wrong((*path, "min"), "D133", "min is more than max.", "Swap them.")
        if written.end is not None and written.end.isdigit():
            self._builder.wrong((*path, "end"), "D134", "the closing key must not be a digit.", 'Write "#".')
        spec = self._file.values.get(written.into)
        secret = not isinstance(spec, str) and spec is not None and spec.secret
        return Keys(least, most, written.end, written.between, secret)

    def _entry(self, written: DigitsIn | AmountIn | DateIn | PhraseIn, path: Path) -> Entry:
        """A value to be keyed in or said."""
        if isinstance(written, DigitsIn):
            keys = self._keys(written, (*path, "digits"))
            return Entry(ValueType.DIGITS, written.into, keys, written.hear)
        if isinstance(written, AmountIn):
            if written.least is not None and written.most is not None and written.least > written.most:
                self._builder.wrong((*path, "amount", "least"), "D133", "least is more than most.", "Swap them.")
            keys = Keys(1, MOST_AMOUNT_KEYS, "#", written.between, point="*")
            return Entry(ValueType.AMOUNT, written.into, keys, written.hear, written.least, written.most)
        if isinstance(written, DateIn):
            keys = Keys(DATE_KEYS, DATE_KEYS, None, written.between)
            return Entry(ValueType.DATE, written.into, keys, written.hear, first=written.from_, last=written.until)
        return Entry(ValueType.TEXT, written.into, None, True, letters=written.most)

    def _retry(self, kind: str, own: RetryIn, default: RetryIn, path: Path, *, unanswered: str | None = None) -> Retry:
        if own.say is not None:
            prompts = [self._builder.prompt(own.say, (*path, kind, "say"))]
            then, at = own.then_say, (*path, kind, "then_say")
        elif default.say is not None:
            prompts = [self._builder.prompt(default.say, ("defaults", kind, "say"))]
            then, at = default.then_say, ("defaults", kind, "then_say")
        else:
            prompts = [self._messages["silence" if kind == "silence" else "pardon"]]
            then, at = [], ()
        prompts.extend(self._builder.prompt(item, (*at, index)) for index, item in enumerate(then))
        attempts = own.attempts if own.attempts is not None else default.attempts
        otherwise = own.otherwise or unanswered or default.otherwise or self._file.defaults.otherwise
        if otherwise is None:
            hint = f"Write {kind}: {{otherwise: some_state}}, or defaults: {{otherwise: some_state}} for all questions."
            self._builder.wrong(path, "D135", f"where to after {kind}?", hint, key=True)
        return Retry(tuple(prompts), DEFAULT_ATTEMPTS if attempts is None else attempts, otherwise or "")

    # --- the others ---

    def _disclose(self, name: str, written: DiscloseIn, path: Path) -> State:
        return DiscloseState(
            name,
            written.disclose,
            self._builder.route(written.go, (*path, "go")),
            served=written.served,
            keeps_language=self._is_protected(name),
        )

    def _disclose_for(self, name: str, written: DiscloseForIn, path: Path) -> State:
        go = self._builder.route(written.go, (*path, "go"))
        kept = self._is_protected(name)
        return DiscloseForState(name, written.disclose_for, go, served=written.served, keeps_language=kept)

    def _lookup(self, name: str, written: LookupIn, path: Path) -> LookupState:
        source, _, query = written.lookup.partition(".")
        return LookupState(
            name,
            self._maybe(written.say, (*path, "say")),
            source,
            query,
            written.given,
            written.keep,
            written.timeout,
            written.retries,
            self._builder.route(written.go, (*path, "go")),
            written.failed,
            served=written.served,
            once=written.once,
        )

    def _identify_keys(self, name: str, written: IdentifyKeysIn, path: Path) -> State:
        return replace(
            self._lookup(name, written, path),
            identify=Level(written.identify),
            passed=self._builder.condition(written.passed, (*path, "passed")),
            attempts=written.attempts,
            again=written.again,
            otherwise=written.otherwise,
        )

    def _identify_voice(self, name: str, written: IdentifyVoiceIn, path: Path) -> State:
        return VoiceState(
            name,
            Level(written.identify),
            self._builder.prompt(written.ask, (*path, "ask")),
            written.customer,
            self._thresholds(written, path),
            written.min_speech,
            written.max_wait,
            written.attempts,
            self._maybe(written.retry, (*path, "retry")),
            self._builder.route(written.go, (*path, "go")),
            written.unscored,
            written.otherwise,
            served=written.served,
            challenge=written.challenge or 0,
        )

    def _thresholds(self, written: IdentifyVoiceIn, path: Path) -> Thresholds:
        usual = DEFAULT_THRESHOLDS[DEFAULT_EMBEDDER]
        accept = usual.accept if written.accept is None else written.accept
        reject = min(usual.reject, accept) if written.reject is None else written.reject
        if reject > accept:
            self._builder.wrong((*path, "reject"), "D136", "reject is above accept.", "Scores between are unsure.")
            return usual
        return Thresholds(accept, reject, min(usual.min_speech, written.min_speech))

    def _choose(self, name: str, written: ChooseIn, path: Path) -> State:
        return BranchState(
            name, {}, None, self._builder.route(written.choose, (*path, "choose")), served=written.served
        )

    def _set(self, name: str, written: SetIn, path: Path) -> State:
        sets = {}
        for value, text in written.set.items():
            tree = self._builder.condition(text, (*path, "set", value))
            if tree is not None:
                sets[value] = tree
        return BranchState(
            name, sets, written.language, self._builder.route(written.go, (*path, "go")), served=written.served
        )

    def _enqueue(self, name: str, written: EnqueueIn, path: Path) -> State:
        if (written.every is None) != (written.announce is None):
            self._builder.wrong(path, "D137", "every: and announce: belong together.", "Add the other one.", key=True)
        if (written.press is None) != (written.leave is None):
            self._builder.wrong(path, "D137", "press: and leave: belong together.", "Add the other one.", key=True)
        return QueueState(
            name,
            self._maybe(written.say, (*path, "say")),
            written.enqueue,
            written.priority,
            written.max_wait,
            written.every,
            self._maybe(written.announce, (*path, "announce")),
            written.otherwise,
            written.after,
            press=written.press,
            leave=written.leave,
            brief=self._maybe(written.brief, (*path, "brief")),
            hand_over=dict(written.hand_over),
            keep_identity=written.keep_identity,
            served=written.served,
        )

    def _transfer(self, name: str, written: TransferIn, path: Path) -> State:
        return TransferState(
            name,
            self._maybe(written.say, (*path, "say")),
            written.transfer,
            written.timeout,
            written.failed,
            written.after,
            served=written.served,
        )

    def _callback(self, name: str, written: CallbackIn, path: Path) -> State:
        return CallbackState(
            name,
            self._maybe(written.say, (*path, "say")),
            written.callback,
            None if written.number == OWN_NUMBER else written.number,
            self._builder.route(written.go, (*path, "go")),
            written.failed,
            served=written.served,
        )

    def _voicemail(self, name: str, written: VoicemailIn, path: Path) -> State:
        return VoicemailState(
            name,
            self._maybe(written.say, (*path, "say")),
            written.voicemail,
            written.end,
            written.silence,
            written.most,
            self._builder.route(written.go, (*path, "go")),
            written.empty,
            served=written.served,
        )

    def _hang_up(self, name: str, written: HangUpIn, path: Path) -> State:
        return EndState(name, self._maybe(written.say, (*path, "say")), written.hang_up, served=written.served)

    # --- dialogs ---

    def _dialog(self, name: str, written: DialogUseIn, path: Path) -> DialogUse:
        given = {key: self._builder.condition(text, (*path, "given", key)) for key, text in written.given.items()}
        return DialogUse(
            name,
            written.dialog,
            {key: tree for key, tree in given.items() if tree is not None},
            written.keep,
            {key: self._builder.route(way, (*path, "returns", key)) for key, way in written.returns.items()},
            served=written.served,
        )

    def _return(self, name: str, written: ReturnIn, path: Path) -> State:
        return ReturnState(name, written.return_, "", {}, (), Route(()), served=written.served)


def value_specs(written: Mapping[str, str | ValueIn]) -> dict[str, ValueSpec]:
    """Values as declared."""
    return {
        name: ValueSpec(name, ValueType(item))
        if isinstance(item, str)
        else ValueSpec(name, ValueType(item.type), item.secret, item.currency, item.searchable)
        for name, item in written.items()
    }


def yes_no_words(file: FileIn) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Phrases for yes and for no in the file's languages."""
    if file.words is not None:
        return (
            {language: tuple(phrases) for language, phrases in file.words.yes.items()},
            {language: tuple(phrases) for language, phrases in file.words.no.items()},
        )
    return (
        {language: messages.YES[language] for language in file.languages if language in messages.YES},
        {language: messages.NO[language] for language in file.languages if language in messages.NO},
    )
