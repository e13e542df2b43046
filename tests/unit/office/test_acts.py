"""Who may do what: every role and every act, and that nothing is done beside the table."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from ivr.core.audit.roles import Role
from ivr.engine import office as room
from ivr.engine.office.acts import ACTS, DENIED, EVERYBODY, Reason
from ivr.engine.office.callbacks import FindCallbacks
from ivr.engine.office.office import DOERS, Asked, Desk, does
from ivr.engine.office.recordings import Show
from ivr.engine.office.roles import ChangeRole, ListRoles, grant, list_roles, revoke
from ivr.errors import BugError, DeniedError, OperatorError
from tests.unit.office.house import House

SECRET = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
LETTERS = {"o": Role.OPERATOR, "s": Role.SUPERVISOR, "a": Role.AUDITOR, "f": Role.SECURITY_OFFICER, "g": Role.AGENT}
MATRIX = """
    accounts.release o       accounts.remove o        accounts.set_pin o       accounts.set_seed o
    accounts.show o          accounts.take_in o
    agents.enrol_voice f     agents.join s            agents.list os           agents.list_voices f
    agents.listen s
    agents.login os          agents.logout os         agents.pause os          agents.put o
    agents.remove o          agents.remove_voice f
    agents.resume os         agents.set_pin o         agents.state os          agents.whisper s
    alarms.acknowledge osf   alarms.list osf
    audit.checkpoint *       audit.key *              audit.log a              audit.prove a
    audit.show as            audit.stamp af           audit.stamps af          audit.verify *
    callbacks.cancel o       callbacks.done o         callbacks.list o         callbacks.redial o
    callbacks.take o         calls.follow s           calls.list s             calls.own_words *
    desk.assist g
    desk.back g              desk.callbacks g         desk.calls g             desk.conference g
    desk.confirm g
    desk.consult g
    desk.finish_callback g   desk.follow g            desk.hold g              desk.login g
    desk.logout g            desk.note g              desk.pass_on g           desk.pause g
    desk.pause_recording g   desk.phone g
    desk.resume g            desk.resume_recording g  desk.show g
    desk.take_callback g     desk.transfer g
    dialplans.approve o      dialplans.live *         dialplans.overview osa   dialplans.publications oa
    dialplans.publish o      dialplans.replay s       dialplans.roll_back o    dialplans.versions *
    drafts.begin o           drafts.compare osa       drafts.drop o            drafts.examine osa
    drafts.list osa          drafts.save o            drafts.show osa          drafts.simulate osa
    drafts.test osa          edge.reload of
    hosts.add f              hosts.list foa           hosts.remove f
    inspection.approve s     inspection.publish s     inspection.replay s      inspection.rules sa
    inspection.run s         inspection.show s
    keys.list fa             keys.make f
    keys.move f              keys.recover f           keys.retire f            keys.rotate f
    keys.set_recovery f      models.get o             models.list *            prompts.list *           prompts.render o
    queues.list os           queues.report os
    queues.settings os       queues.show os           queues.why os            receipts.check *         receipts.make s
    receipts.resolve sa      records.move f
    recordings.approve s     recordings.compact of    recordings.export s      recordings.list s
    recordings.play s        recordings.readmit f     recordings.replay s      recordings.search s
    recordings.show s        recordings.stream s      recordings.warnings saf
    recordings.waveform s    reports.list saf         reports.make saf
    reports.open sa          retention.confirm_clock f
    retention.hold f         retention.lift f
    retention.release f      retention.request f      retention.run f          retention.show fa
    retention.shred f        retention.standing fa    retention.withdraw f
    reviews.agreement s      reviews.appeal g         reviews.approve s        reviews.cards s
    reviews.decide s         reviews.own g            reviews.publish s        reviews.queue s
    reviews.show s           reviews.submit s
    roles.approve f          roles.approve_lift f
    roles.demand f           roles.grant f            roles.lift f             roles.list fa
    roles.revoke f           sessions.list fa         sessions.revoke f
    settings.check *
    status.disks *           status.show *
    tokens.list osaf         tokens.make osaf         tokens.revoke osaf
    trunks.list os
    users.add f              users.approve f          users.disable f          users.invite f
    users.list fa            users.reset f            voices.enrol s           voices.list s
    voices.remove s          voices.renew s
    watchlist.add f          watchlist.approve f      watchlist.list f         watchlist.remove f
    webhooks.add f           webhooks.list foa        webhooks.remove f        webhooks.test fo
"""
"""Act, and who may: operator, supervisor, auditor, security officer, agent (g), * everybody."""
CELLS = MATRIX.split()
MAY = dict(zip(CELLS[::2], CELLS[1::2], strict=True))


@pytest.fixture
def house() -> House:
    made = House()
    made.put_in_force()
    return made


@pytest.mark.parametrize(("letter", "role"), LETTERS.items())
def test_a_role_opens_its_acts_and_no_others(house: House, letter: str, role: Role) -> None:
    office = house.office("os:officer" if role is Role.SECURITY_OFFICER else f"os:{role}")
    assert {name for name in ACTS if office.may(name)} == {
        name for name, who in MAY.items() if letter in who + letter * (who == "*")
    }
    for name, who in MAY.items():
        asked = Asked(reason="why" if ACTS[name].reason is Reason.MUST else "")
        if letter in who or who == "*":
            assert office.desk(name, asked).act is ACTS[name]
            continue
        with pytest.raises(DeniedError, match="os:officer may grant it"):
            office.desk(name, asked)
        last = house.entries(DENIED)[-1]
        assert (last.subject, last.outcome) == (name, "denied")


def test_the_matrix_names_every_act() -> None:
    assert list(MAY) == list(ACTS)


def test_who_holds_no_role_may_what_is_open_to_everybody(house: House) -> None:
    office = house.office("os:nobody")
    assert [name for name in ACTS if office.may(name)] == [name for name, act in ACTS.items() if act.roles == EVERYBODY]


def test_while_no_role_was_granted_everybody_may_everything() -> None:
    office = House().office("os:anybody")
    assert all(map(office.may, ACTS))


def test_a_holders_name_that_nothing_proves_opens_nothing(house: House) -> None:
    office = house.office("os:supervisor", proved_by="")
    assert not office.may("recordings.show")
    with pytest.raises(DeniedError, match="nobody says who this is"):
        office.desk("recordings.show", Show("call-1"))


# --- by construction --------------------------------------------------------------------------------------------------


def test_every_act_is_done_by_one_function_of_the_office() -> None:
    for module in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{room.__name__}.{module.name}")
    assert sorted(DOERS) == sorted(ACTS)


def test_an_act_without_a_row_cannot_be_written() -> None:
    with pytest.raises(BugError, match=r"no permission is said for 'recordings\.burn'"):
        does("recordings.burn")


def test_an_act_is_not_done_in_two_places() -> None:
    def another(desk: Desk, asked: Asked) -> None:
        """Never called."""

    with pytest.raises(BugError, match="in two places"):
        does("roles.list")(another)


def test_an_act_that_enters_nothing_cannot_enter_something_after_all(house: House) -> None:
    desk = house.office("os:operator").desk("callbacks.list", FindCallbacks())
    with pytest.raises(BugError, match="enters nothing"), desk.entering("callbacks"):
        pass


# --- what is entered --------------------------------------------------------------------------------------------------


def test_a_denial_says_what_was_needed_and_which_call_it_was_about(house: House) -> None:
    house.record("call-1")
    for typed, named in (("call-1", "call-1"), ("85291234567", "unknown")):
        with pytest.raises(DeniedError):
            house.office("os:operator").desk("recordings.show", Show(typed))
        last = house.entries(DENIED)[-1]
        assert last.actor == "os:operator"
        assert last.details == {"needs": ["supervisor"], "holds": ["operator"], "call": named}


def test_what_was_done_what_the_rules_forbade_and_what_failed_are_told_apart(house: House) -> None:
    office = house.office("os:officer")
    grant(office, ChangeRole("alice", Role.AUDITOR, reason="a test"))
    with pytest.raises(DeniedError):
        revoke(office, ChangeRole("officer", Role.SECURITY_OFFICER, reason="a test"))
    with pytest.raises(OperatorError):
        grant(office, ChangeRole("alice", Role.AUDITOR, reason="a test"))
    told = [(one.action, one.subject, one.outcome, one.reason) for one in house.entries()[-3:]]
    assert told == [
        ("role.granted", "os:alice", "done", "a test"),
        ("role.revoked", "os:officer", "denied", "a test"),
        ("role.granted", "os:alice", "failed", "a test"),
    ]


@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.reason is Reason.MUST])
def test_what_needs_a_reason_is_not_done_without_one(house: House, name: str) -> None:
    for reason in ("", "  ", "two\nlines", "x" * 501):
        with pytest.raises(OperatorError, match="reason"):
            house.office("os:officer").desk(name, Asked(reason=reason))


def test_a_secret_key_anywhere_in_what_is_asked_stops_it_before_it_is_stored(house: House) -> None:
    before = len(house.entries())
    for asked in (Show(SECRET), Show("call-1", reason=f"for {SECRET}")):
        with pytest.raises(OperatorError, match="SECRET"):
            house.office("os:supervisor").desk("recordings.show", asked)
    assert len(house.entries()) == before


def test_reading_figures_is_an_act_and_leaves_no_entry(house: House) -> None:
    before = len(house.entries())
    assert list_roles(house.office("os:auditor"), ListRoles()).officers() == ["os:officer"]
    assert len(house.entries()) == before
