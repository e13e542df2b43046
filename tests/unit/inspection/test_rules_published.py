"""Rules go live by the log, where another person approved that very text if the log demands two."""

from __future__ import annotations

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import DEMANDED, PUBLISH, Role
from ivr.engine.office.rules import ApproveRules, ListRules, PublishRules, approve, publish, rules
from ivr.errors import DeniedError, OperatorError
from tests.unit.compliance.talks import written
from tests.unit.inspection.calls import PROMISE
from tests.unit.office.house import NOW, House, audit_entry

TEXT = written(PROMISE, head="languages: [en]")
SOFTER = TEXT.replace("risk free", "quite risk free")


@pytest.fixture
def house() -> House:
    made = House()
    made.put_in_force()
    made.log.append(
        [AuditEntry(NOW, "os:officer", "role.granted", "os:second", "done", "a test", {"role": str(Role.SUPERVISOR)})]
    )
    return made


def put(text: str) -> PublishRules:
    return PublishRules(text, reason="a test")


def test_what_one_person_publishes_is_live_and_its_version_is_taken(house: House) -> None:
    office = house.office("os:supervisor")
    published = publish(office, put(TEXT))
    (one,) = rules(office, ListRules()).rules
    assert (one.what, one.by) == (published, "os:supervisor")
    with pytest.raises(OperatorError, match="give what you changed a new version"):
        publish(office, put(SOFTER))


def test_where_the_log_demands_two_another_person_approves_this_very_text(house: House) -> None:
    house.log.append([audit_entry("os:officer", DEMANDED, PUBLISH)])
    first, second = house.office("os:supervisor"), house.office("os:second")
    with pytest.raises(DeniedError, match="ivr inspect approve FILE --for os:supervisor"):
        publish(first, put(TEXT))
    with pytest.raises(DeniedError, match="their own rules"):
        approve(first, ApproveRules(TEXT, publisher="supervisor", reason="a test"))
    approve(second, ApproveRules(TEXT, publisher="supervisor", reason="read it"))
    with pytest.raises(DeniedError):
        publish(first, put(SOFTER))
    publish(first, put(TEXT))
    (one,) = rules(first, ListRules()).rules
    assert one.approved_by == "os:second"


def test_a_text_with_an_error_is_refused_at_its_line(house: House) -> None:
    with pytest.raises(OperatorError, match=r"rules\.yaml:\d+"):
        publish(house.office("os:supervisor"), put(TEXT.replace("forbid", "forbidden")))
    assert rules(house.office("os:auditor"), ListRules()).rules == ()
