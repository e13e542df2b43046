"""`ivr desk`: one's own desk, of an agent: what they do now, and what they ask for in their call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import click

from ivr.apps.cli.options import office_option
from ivr.core.codec import plain
from ivr.core.queueing.callback import Callback, CallbackResult
from ivr.engine.office import own_callbacks, own_calls, own_desk
from ivr.engine.office.office import Office
from ivr.engine.office.own_callbacks import FinishOwn, TakeOwn
from ivr.engine.office.own_calls import WriteNote
from ivr.engine.office.own_desk import AtDesk, InCall, OwnDesk


@click.group()
def desk() -> None:
    """Your own desk, if you take calls: others' are `ivr agents`.

    An operator says first which agent you are: ivr agents add NAME --user os:YOU, and you hold the role agent.

    \b
    Examples:
      ivr desk show
      ivr desk pause --reason lunch
      ivr desk hold                  in your call: the caller hears music; again: they hear you
      ivr desk consult 205           rings a colleague while the caller hears music
    """


@desk.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@office_option
def show(office: Office, as_json: bool) -> None:
    """Show what you do now, today's figures, and the call that you are in."""
    stands = own_desk.show(office, AtDesk())
    click.echo(json.dumps(plain(stands)) if as_json else _text(stands))


@desk.command()
@click.argument("call", default="")
@office_option
def follow(office: Office, call: str) -> None:
    """Print what was said so far in your call, and when this caller called before. The audit log says that you did."""
    opened = own_desk.follow(office, InCall(call=call))
    for one in opened.contacts:
        click.echo(f"called before  {datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M} UTC  {one.outcome}")
    for line in opened.read(0).lines:
        click.echo(f"{line.who:7} {line.text}")


@desk.command()
@click.option("--reason", required=True, help="Such as lunch or training; it is shown, and kept in the audit log.")
@office_option
def pause(office: Office, reason: str) -> None:
    """Take no calls for a reason; one that you are in goes on. It lasts until `resume`."""
    _say(own_desk.pause(office, AtDesk(reason=reason)))


@desk.command()
@office_option
def resume(office: Office) -> None:
    """End your pause or wrap-up."""
    _say(own_desk.resume(office, AtDesk()))


@desk.command()
@office_option
def login(office: Office) -> None:
    """Take calls from now on."""
    _say(own_desk.login(office, AtDesk()))


@desk.command()
@office_option
def logout(office: Office) -> None:
    """Take no more calls; one that you are in goes on."""
    _say(own_desk.logout(office, AtDesk()))


@desk.command()
@office_option
def callbacks(office: Office) -> None:
    """Show who of your queues waits to be called back, and the numbers of those whom you took."""
    found = own_callbacks.find(office, AtDesk())
    for taken, number in found.taken:
        click.echo(f"yours    {_request(taken)}  {number}")
    for one in found.waiting:
        click.echo(f"waits    {_request(one)}")
    click.echo(f"{len(found.waiting)} wait.")


@desk.command()
@office_option
def calls(office: Office) -> None:
    """Show your latest calls, and what you wrote of each."""
    for one in own_calls.find(office, AtDesk()):
        at = f"{datetime.fromtimestamp(one.record.started_at, UTC):%Y-%m-%d %H:%M} UTC"
        said = f"{one.note.disposition or '-'}  {one.note.text}" if one.note else "nothing yet"
        click.echo(f"{one.record.call_id}  {at}  {one.queue or '-'}  {said}")


@desk.command()
@click.argument("call")
@click.option("--disposition", default="", help="What came of it, of those that the settings name for its queue.")
@click.option("--text", default="", help="A few words.")
@office_option
def note(office: Office, call: str, disposition: str, text: str) -> None:
    """Write of a call of yours, in the place of what you wrote before. It is sealed, and goes with the call."""
    own_calls.note(office, WriteNote(call=call, disposition=disposition, text=text))
    click.echo("Kept with the call.")


@desk.command("take-callback")
@click.argument("callback", default="")
@office_option
def take_callback(office: Office, callback: str) -> None:
    """Take a request, or the next one of your queues, and see its number. Then call: ivr desk finish-callback."""
    taken = own_callbacks.take(office, TakeOwn(callback=callback))
    click.echo(f"{taken.callback}  {taken.number}")


@desk.command("finish-callback")
@click.argument("callback")
@click.option("--result", required=True, type=click.Choice([str(one) for one in CallbackResult]))
@office_option
def finish_callback(office: Office, callback: str, result: str) -> None:
    """Say what came of a request that you took."""
    own_callbacks.finish(office, FinishOwn(callback=callback, result=CallbackResult(result)))
    click.echo(f"{callback} is done: {result}.")


IN_CALL: Final[tuple[tuple[str, Callable[[Office, InCall], str], str], ...]] = (
    ("hold", own_desk.hold, "Let the caller hear music; again: they hear you."),
    ("back", own_desk.back, "Be with the caller alone: off hold, without the colleague."),
    ("conference", own_desk.conference, "Let all three talk: caller, colleague and you."),
    ("transfer", own_desk.transfer, "Leave the caller with the colleague."),
    ("pause-recording", own_desk.pause_recording, "Record nothing for a while, for a card number say."),
    ("resume-recording", own_desk.resume_recording, "Let the recording go on."),
)
RINGING: Final[tuple[tuple[str, Callable[[Office, InCall], str], str], ...]] = (
    ("consult", own_desk.consult, "Ring a colleague or a destination while the caller hears music."),
    ("pass-on", own_desk.pass_on, "Let a colleague or a destination be rung for the caller, and leave at once."),
)


def _add(name: str, act: Callable[[Office, InCall], str], help_text: str) -> None:
    @desk.command(name, help=help_text)
    @office_option
    def order(office: Office) -> None:
        _passed_on(act(office, InCall()))


def _add_ringing(name: str, act: Callable[[Office, InCall], str], help_text: str) -> None:
    @desk.command(name, help=help_text)
    @click.argument("digits")
    @office_option
    def order(office: Office, digits: str) -> None:
        _passed_on(act(office, InCall(digits=digits)))


@desk.command()
@click.argument("place")
@office_option
def assist(office: Office, place: str) -> None:
    """Let the line take over at a place of its dialplan, to play a warning say, while you stay and listen.

    
    Example:
      ivr desk assist 1     the places of your call: ivr desk show
    """
    _passed_on(own_desk.assist(office, InCall(digits=place)))


@desk.command()
@click.option("--reason", required=True, help="By what you know them: passport seen, questions answered.")
@office_option
def confirm(office: Office, reason: str) -> None:
    """Say that you know who the caller of your call is, and why. It goes into the audit log."""
    _passed_on(own_desk.confirm(office, InCall(reason=reason)))


for _named in IN_CALL:
    _add(*_named)
for _named in RINGING:
    _add_ringing(*_named)


def _text(stands: OwnDesk) -> str:
    why = f" ({stands.reason}, by {stands.by})" if stands.reason else ""
    lines = [
        f"{stands.agent} is {stands.state.replace('_', ' ')} for {stands.seconds:.0f} s{why}.",
        f"Today: {stands.today.calls} talks, {stands.today.talk_seconds / 60:.0f} min; {stands.today.missed} missed.",
    ]
    if stands.call is not None:
        lines.append(f"Call {stands.call.call_id} of {stands.call.caller}, queue {stands.queue}.")
        stood = stands.call.stands
        if stood is not None and stood.confirms:
            lines.append("You may say that you know who it is (ivr desk confirm --reason WHY).")
        if stood is not None and stood.assists:
            lines.append(f"The line can take over at: {', '.join(stood.assists)} (ivr desk assist PLACE).")
            lines.append(f"Warnings not heard yet: {', '.join(stood.missing) or 'none'}.")
            for one in stood.readings:
                told = "read whole" if one.whole else f"read up to word {one.found} of {one.words}"
                lines.append(f"You may read {one.disclosure} to the caller: {told}.")
    return "\n".join(lines)


def _request(one: Callback) -> str:
    asked = f"{datetime.fromtimestamp(one.requested_at, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{one.callback_id}  {one.queue:16}  {asked}  {one.language}"


def _say(state: str) -> None:
    click.echo(f"You are {state.replace('_', ' ')}.")


def _passed_on(call: str) -> None:
    click.echo(f"Passed on to call {call}: your phone's tones say whether it could be done.")
