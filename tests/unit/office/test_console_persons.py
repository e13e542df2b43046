"""Users of the console in the office: who may act before roles are in force, links, tokens, people."""

from __future__ import annotations

import pytest

from ivr.core.access.user import Credentials, User
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import DEMANDED, GRANTED, Role
from ivr.engine.office.actor import Actor
from ivr.engine.office.acts import ACTS, DENIED, EVERYBODY
from ivr.engine.office.roles import ChangeRole, grant
from ivr.engine.office.tokens import ListTokens, MakeToken, RevokeToken, list_tokens, make
from ivr.engine.office.tokens import revoke as revoke_token
from ivr.engine.office.users import (
    ApproveLink,
    ListUsers,
    OfUser,
    RevokeSessions,
    add,
    approve,
    disable,
    invite,
    list_users,
    reset,
    revoke,
)
from ivr.errors import DeniedError, OperatorError
from tests.unit.office.house import NOW, House

WHY = "a test"


@pytest.fixture
def house() -> House:
    made = House()
    made.put_in_force()
    return made


def second_officer(house: House) -> None:
    entry = AuditEntry(NOW, "os:officer", GRANTED, "os:second", details={"role": str(Role.SECURITY_OFFICER)})
    house.log.append([entry])


# --- before roles are in force ----------------------------------------------------------------------------------------


def test_before_a_role_was_granted_the_first_administrator_alone_acts_in_the_console() -> None:
    house = House()
    first = house.office_of(Actor("user:admin", "password", before_roles=True))
    other = house.office_of(Actor("user:anna", "password", before_roles=False))
    assert all(map(first.may, ACTS))
    assert [name for name in ACTS if other.may(name)] == [name for name, act in ACTS.items() if act.roles == EVERYBODY]
    with pytest.raises(DeniedError, match="none was granted yet"):
        list_users(other, ListUsers())
    assert house.entries(DENIED)[-1].actor == "user:anna"


def test_once_a_role_was_granted_the_first_administrator_is_a_person_as_others_are(house: House) -> None:
    first = house.office_of(Actor("user:admin", "password", before_roles=True))
    assert not first.may("users.add")


# --- users ------------------------------------------------------------------------------------------------------------


def test_a_user_is_added_given_a_role_and_let_in_no_more(house: House) -> None:
    officer = house.office("os:officer")
    link = add(officer, OfUser("anna", reason=WHY))
    assert (link.person, link.until) == ("user:anna", NOW + 86400)
    grant(officer, ChangeRole("user:anna", Role.SUPERVISOR, reason=WHY))
    assert house.office_of(Actor("user:anna", "password", before_roles=False)).may("recordings.play")
    disable(officer, OfUser("user:anna", reason=WHY))
    (user,) = list_users(officer, ListUsers())
    assert (user.disabled, user.invitation) == (True, None)
    with pytest.raises(OperatorError, match="no user user:anna"):
        grant(officer, ChangeRole("user:anna", Role.AUDITOR, reason=WHY))
    told = [(one.action, one.subject, one.outcome) for one in house.entries() if one.action.startswith("user.")]
    assert told == [("user.added", "user:anna", "done"), ("user.disabled", "user:anna", "done")]


def test_no_link_or_secret_stands_in_the_log_or_in_what_is_printed_by_chance(house: House) -> None:
    link = add(house.office("os:officer"), OfUser("anna", reason=WHY))
    assert link.secret.startswith("ivri_")
    assert link.secret not in repr(link)
    assert not any(link.secret in entry.encode().decode() for entry in house.entries())


def test_who_signed_in_gets_no_other_link_without_losing_what_they_had(house: House) -> None:
    officer = house.office("os:officer")
    add(officer, OfUser("anna", reason=WHY))
    invite(officer, OfUser("anna", reason=WHY))
    (user,) = house.access.users.list()
    house.access.users.change(user, Credentials("hash"))
    with pytest.raises(OperatorError, match="signed in already"):
        invite(officer, OfUser("anna", reason=WHY))
    reset(officer, OfUser("anna", reason=WHY))
    assert house.access.users.credentials(user) == Credentials()


def test_what_was_typed_for_somebody_who_is_not_there_is_not_entered(house: House) -> None:
    officer = house.office("os:officer")
    for act in (invite, reset, disable):
        with pytest.raises(OperatorError, match="no user"):
            act(officer, OfUser("85291234567", reason=WHY))
    with pytest.raises(OperatorError, match="no such session or user"):
        revoke(officer, RevokeSessions("85291234567", reason=WHY))
    assert [one.subject for one in house.entries()[-4:]] == ["unknown"] * 4


def test_the_last_officer_is_not_shut_out(house: House) -> None:
    lone = House()
    lone.access.users.add(User("user:olga", b"o" * 16, NOW))
    lone.log.append([AuditEntry(NOW, "os:x", GRANTED, "user:olga", details={"role": str(Role.SECURITY_OFFICER)})])
    with pytest.raises(DeniedError, match="last security officer"):
        disable(lone.office("user:olga"), OfUser("olga", reason=WHY))


def test_where_two_persons_change_roles_nobody_opens_a_colleagues_account_alone(house: House) -> None:
    second_officer(house)
    house.log.append([AuditEntry(NOW, "os:officer", DEMANDED, "roles")])
    officer, second = house.office("os:officer"), house.office("os:second")
    add(officer, OfUser("anna", reason=WHY))
    for act in (invite, reset):
        with pytest.raises(DeniedError, match="ivr users approve anna --for os:officer"):
            act(officer, OfUser("anna", reason=WHY))
        with pytest.raises(DeniedError, match="nobody approves"):
            approve(officer, ApproveLink("anna", "os:officer", reason=WHY))
        approve(second, ApproveLink("anna", "officer", reason=WHY))
        assert act(officer, OfUser("anna", reason=WHY)).secret
        with pytest.raises(DeniedError):
            act(officer, OfUser("anna", reason=WHY))


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_does_what_its_maker_may_of_the_acts_that_it_names(house: House) -> None:
    with pytest.raises(DeniedError, match="your token may not either"):
        make(house.office("os:auditor"), MakeToken("nightly", ("recordings.list",), 60.0, reason=WHY))
    with pytest.raises(OperatorError, match="no act recordings"):
        make(house.office("os:auditor"), MakeToken("nightly", ("recordings.burn",), 60.0, reason=WHY))
    made = make(house.office("os:auditor"), MakeToken("nightly", ("audit.log", "status.show"), 60.0, reason=WHY))
    scopes = made.token.scopes
    machine = house.office_of(Actor("os:auditor", "token", before_roles=False, token="nightly", scopes=scopes))
    assert {name for name in ACTS if machine.may(name)} == scopes
    for name in ("audit.prove", "audit.verify"):
        with pytest.raises(DeniedError, match="token nightly is not for"):
            machine.desk(name, ListTokens())
    assert house.entries(DENIED)[-1].details["token"] == "nightly"
    other = house.office_of(Actor("os:nobody", "token", before_roles=False, token="nightly", scopes=scopes))
    assert not other.may("audit.log")
    assert made.secret not in repr(made)


def test_what_a_machine_does_is_entered_with_its_tokens_name(house: House) -> None:
    scopes = frozenset({"callbacks.done"})
    machine = house.office_of(Actor("os:operator", "token", before_roles=False, token="nightly", scopes=scopes))
    with machine.desk("callbacks.done", ListTokens()).entering("c1"):
        pass
    assert house.entries()[-1].details == {"token": "nightly"}


def test_tokens_are_seen_and_revoked_by_who_made_them_and_by_officers(house: House) -> None:
    operator, supervisor = house.office("os:operator"), house.office("os:supervisor")
    make(operator, MakeToken("hall", ("queues.list",), 60.0, reason=WHY))
    assert [one.name for one in list_tokens(operator, ListTokens())] == ["hall"]
    assert list_tokens(supervisor, ListTokens()) == []
    assert len(list_tokens(house.office("os:auditor"), ListTokens())) == 1
    with pytest.raises(DeniedError, match="os:operator's"):
        revoke_token(supervisor, RevokeToken("hall", reason=WHY))
    revoke_token(house.office("os:officer"), RevokeToken("hall", reason=WHY))
    with pytest.raises(OperatorError, match="opens anything"):
        revoke_token(operator, RevokeToken("hall", reason=WHY))
