"""From the shape of each kind of state to its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Builder
from ivr.core.dialplan.language.build_questions import QuestionBuilder
from ivr.core.dialplan.language.dialogs import DialogUse
from ivr.core.dialplan.language.schema import ValueIn
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
    IdentifyPolicyIn,
    InnerStateIn,
    LookupIn,
    ReturnIn,
    SayIn,
    SetIn,
    TransferIn,
    VoicemailIn,
)
from ivr.core.dialplan.language.schema_voice import EnrolVoiceIn, IdentifyVoiceIn
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.parts import Prompt, Route, ValueSpec
from ivr.core.dialplan.states import (
    BranchState,
    CallbackState,
    DiscloseForState,
    DiscloseState,
    EndState,
    EnrolState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    StepUpState,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.dialplan.states.queue import AtRisk
from ivr.core.identity.level import Level
from ivr.core.identity.verifier import Costs, Thresholds
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.playing import BargeIn

USUAL_ACCEPT, USUAL_REJECT = 0.70, 0.50
"""Cosines of CAM++, where a voice step names only one of the two."""
OWN_NUMBER = "caller"
"""What a callback writes for the caller's own number."""
LAST_AGENT = "last"
"""What an enqueue writes for the agent with whom they talked last."""


class StateBuilder:
    """Builds states in the light of the file's defaults."""

    def __init__(self, builder: Builder, file: FileIn, common: dict[str, Prompt], *, at: Path = ("states",)) -> None:
        self._at = at
        self._builder = builder
        self._file = file
        self._questions = QuestionBuilder(builder, file, common, self._is_protected)

    def build(self, name: str, written: InnerStateIn) -> State | DialogUse:
        """One state."""
        path = (*self._at, name)
        match written:
            case SayIn():
                return self._say(name, written, path)
            case AskIn():
                return self._questions.ask(name, written, path)
            case ConsentIn():
                return self._questions.consent(name, written, path)
            case DiscloseIn():
                return self._disclose(name, written, path)
            case DiscloseForIn():
                return self._disclose_for(name, written, path)
            case IdentifyKeysIn():  # a lookup too, so it stands before it
                return self._identify_keys(name, written, path)
            case LookupIn():
                return self._lookup(name, written, path)
            case IdentifyVoiceIn():
                return self._identify_voice(name, written, path)
            case IdentifyPolicyIn():
                level, proofs = Level(written.identify), dict(written.proofs)
                return StepUpState(name, level, proofs, written.go, written.otherwise, served=written.served)
            case EnrolVoiceIn():
                return self._enrol(name, written, path)
            case ChooseIn():
                return self._choose(name, written, path)
            case SetIn():
                return self._set(name, written, path)
            case EnqueueIn():
                return self._enqueue(name, written, path)
            case TransferIn():
                return self._transfer(name, written, path)
            case CallbackIn():
                return self._callback(name, written, path)
            case VoicemailIn():
                return self._voicemail(name, written, path)
            case HangUpIn():
                return self._hang_up(name, written, path)
            case DialogUseIn():
                return self._dialog(name, written, path)
            case ReturnIn():
                return self._return(name, written, path)
            case _:
                assert_never(written)

    def _is_protected(self, name: str) -> bool:
        """Whether a rule names the state; a dialog's as dialog/state."""
        dialog = f"{self._at[1]}/" if len(self._at) > 1 else ""
        return dialog + name in self._file.protect

    def _say(self, name: str, written: SayIn, path: Path) -> State:
        return SayState(
            name,
            self._builder.prompt(written.say, (*path, "say")),
            BargeIn(written.barge_in),
            written.type_ahead,
            self._builder.route(written.go, (*path, "go")),
            served=written.served,
        )

    def _disclose(self, name: str, written: DiscloseIn, path: Path) -> State:
        disclosure = self._file.disclosures.get(written.disclose)
        asks = disclosure is None or disclosure.acknowledge is not None
        if asks and written.type_ahead:
            hint = "Leave type_ahead out: what is said and pressed meanwhile is no answer to a warning."
            self._builder.wrong((*path, "type_ahead"), "D139", "this disclosure asks to be acknowledged.", hint)
        return DiscloseState(
            name,
            written.disclose,
            self._builder.route(written.go, (*path, "go")),
            type_ahead=written.type_ahead,
            asks=asks,
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
            self._builder.maybe_prompt(written.say, (*path, "say")),
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
            identify=written.identify,
            passed=self._builder.condition(written.passed, (*path, "passed")),
            attempts=written.attempts,
            again=written.again,
            otherwise=written.otherwise,
        )

    def _identify_voice(self, name: str, written: IdentifyVoiceIn, path: Path) -> State:
        return VoiceState(
            name,
            written.identify,
            self._builder.maybe_prompt(written.ask, (*path, "ask")),
            written.customer,
            self._cosines(written, path),
            written.min_speech,
            written.max_wait,
            written.attempts,
            self._builder.maybe_prompt(written.retry, (*path, "retry")),
            self._builder.route(written.go, (*path, "go")),
            written.unscored,
            written.otherwise,
            served=written.served,
            challenge=written.challenge or 0,
            costs=self._costs(written, path),
        )

    def _enrol(self, name: str, written: EnrolVoiceIn, path: Path) -> State:
        return EnrolState(
            name,
            written.enrol_voice,
            self._builder.prompt(written.ask, (*path, "ask")),
            self._builder.maybe_prompt(written.more, (*path, "more")),
            self._builder.maybe_prompt(written.retry, (*path, "retry")),
            written.recordings,
            written.min_speech,
            written.max_wait,
            written.attempts,
            written.keep_audio,
            self._builder.route(written.go, (*path, "go")),
            written.otherwise,
            served=written.served,
        )

    def _costs(self, written: IdentifyVoiceIn, path: Path) -> Costs | None:
        if written.costs is None:
            return None
        try:
            return Costs(**written.costs.model_dump())
        except ValueError as error:
            self._builder.wrong((*path, "costs"), "D136", f"{error}.", "Only the proportions of costs matter.")
            return None

    def _cosines(self, written: IdentifyVoiceIn, path: Path) -> Thresholds | None:
        if written.accept is None and written.reject is None:
            return None
        accept = USUAL_ACCEPT if written.accept is None else written.accept
        reject = min(USUAL_REJECT, accept) if written.reject is None else written.reject
        if written.costs is not None:
            self._builder.wrong((*path, "costs"), "D136", "costs: excludes accept: and reject:.", "Keep costs.")
        elif reject <= accept:
            return Thresholds(accept, reject)
        else:
            self._builder.wrong((*path, "reject"), "D136", "reject is above accept.", "Scores between are unsure.")
        return None

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
        if (written.confirms is None) != (written.customer is None):
            hint = "Add the other one."
            self._builder.wrong(path, "D137", "confirms: and customer: belong together.", hint, key=True)
        return QueueState(
            name,
            self._builder.maybe_prompt(written.say, (*path, "say")),
            written.enqueue,
            written.priority,
            written.max_wait,
            written.every,
            self._builder.maybe_prompt(written.announce, (*path, "announce")),
            written.otherwise,
            written.after,
            press=written.press,
            leave=written.leave,
            brief=self._builder.maybe_prompt(written.brief, (*path, "brief")),
            overflow=dict(written.overflow),
            hand_over=dict(written.hand_over),
            assist=dict(written.assist),
            confirms=written.confirms,
            customer=written.customer,
            keep_identity=written.keep_identity,
            skills=dict(written.skills),
            prefer=None if written.prefer == LAST_AGENT else written.prefer,
            prefer_last=written.prefer == LAST_AGENT,
            urgent=written.urgent,
            at_risk={
                risk: AtRisk(item.priority, dict(item.skills), item.urgent) for risk, item in written.at_risk.items()
            },
            served=written.served,
        )

    def _transfer(self, name: str, written: TransferIn, path: Path) -> State:
        return TransferState(
            name,
            self._builder.maybe_prompt(written.say, (*path, "say")),
            written.transfer,
            written.timeout,
            written.failed,
            written.after,
            served=written.served,
        )

    def _callback(self, name: str, written: CallbackIn, path: Path) -> State:
        return CallbackState(
            name,
            self._builder.maybe_prompt(written.say, (*path, "say")),
            written.callback,
            None if written.number == OWN_NUMBER else written.number,
            self._builder.route(written.go, (*path, "go")),
            written.failed,
            served=written.served,
        )

    def _voicemail(self, name: str, written: VoicemailIn, path: Path) -> State:
        return VoicemailState(
            name,
            self._builder.maybe_prompt(written.say, (*path, "say")),
            written.voicemail,
            written.end,
            written.silence,
            written.most,
            self._builder.route(written.go, (*path, "go")),
            written.empty,
            served=written.served,
        )

    def _hang_up(self, name: str, written: HangUpIn, path: Path) -> State:
        say = self._builder.maybe_prompt(written.say, (*path, "say"))
        return EndState(name, say, HangUpCause(written.hang_up), served=written.served)

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
