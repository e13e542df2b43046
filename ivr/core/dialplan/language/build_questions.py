"""From the shape of a question to its model: choices, values to be keyed in or said, what follows when none comes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ivr.core.dialplan import messages
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Builder
from ivr.core.dialplan.language.schema import AmountIn, DateIn, DigitsIn, PhraseIn, RetryIn
from ivr.core.dialplan.language.schema_file import AskIn, ConsentIn, FileIn
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.parts import Choice, Entry, Keys, Prompt, Retry
from ivr.core.dialplan.states import AskState, State
from ivr.core.orders.playing import BargeIn

MOST_AMOUNT_KEYS = 15
"""Digits and the decimal point: a thousand billions."""
DATE_KEYS = 8
"""YYYYMMDD."""
DEFAULT_ATTEMPTS = 2
"""How often a question is asked again when the dialplan does not say."""


class QuestionBuilder:
    """Builds questions in the light of the file's defaults."""

    def __init__(
        self, builder: Builder, file: FileIn, common: dict[str, Prompt], protected: Callable[[str], bool]
    ) -> None:
        """`common`: the engine's own prompts; `protected`: whether a rule of the file names a state."""
        self._is_protected = protected
        self._builder = builder
        self._file = file
        self._messages = common

    def ask(self, name: str, written: AskIn, path: Path) -> State:
        """A question of the dialplan's own."""
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
        if written.rates is not None and (entry is None or entry.type is not ValueType.DIGITS or not _is_scale(entry)):
            hint = "Give it digits: with least: and most:, such as {length: 1, least: 1, most: 5, into: score}."
            self._builder.wrong((*path, "rates"), "D138", "rates: needs a scale.", hint, key=True)
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
            self._builder.maybe_prompt(written.help, (*path, "help")),
            written.commands,
            rates=written.rates,
            served=written.served,
            keeps_language=self._is_protected(name),
        )

    def consent(self, name: str, written: ConsentIn, path: Path) -> State:
        """A question for consent: yes and no only, and no answer is a no."""
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
            least, most = (None if one is None else Decimal(one) for one in (written.least, written.most))
            if least is not None and most is not None and least >= most:
                self._builder.wrong((*path, "digits", "least"), "D133", "least is not less than most.", "Swap them.")
            return Entry(ValueType.DIGITS, written.into, keys, written.hear, least, most)
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


def _is_scale(entry: Entry) -> bool:
    return entry.least is not None and entry.most is not None and not entry.secret


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
