"""Values that a call is found by: what lookups returned, of those that the author marks, and never a secret."""

from __future__ import annotations

from decimal import Decimal

from ivr.core.call.story import Story
from ivr.core.orders.evidence import LookedUp
from ivr.core.orders.lookup import LookupDone
from tests.unit.dialplan.desk import END, HEAD, Desk, findings, plan

ORDER = """\
values:
  reference: {type: digits, searchable: true}
  sum: {type: amount, currency: EUR, searchable: true}
  done: {type: yes_no, searchable: true}
  balance: {type: amount, currency: EUR}
states:
  first:
    lookup: bank.order
    keep: {reference: number, sum: sum, done: done, balance: balance}
    go: bye
    failed: bye
"""
INSIDE = """\
dialogs:
  order:
    values: {reference: {type: digits, searchable: true}}
    start: ask
    states:
      ask: {lookup: bank.order, keep: {reference: number}, go: ready, failed: ready}
      ready: {return: done}
states:
  first: {dialog: order, returns: {done: bye}}
"""
ANSWER = {"number": "007", "sum": "1250.50", "done": True, "balance": "9.99"}


def test_what_a_lookup_returned_is_noted_where_it_is_searchable_and_nothing_else_is() -> None:
    desk = Desk(plan(ORDER))
    desk.send(LookupDone(desk.lookup.lookup_id, dict(ANSWER)))
    noted = {str(note["name"]): note["value"] for note in desk.notes("looked_up")}
    assert noted == {"reference": "007", "sum": str(Decimal("1250.50")), "done": "yes"}


def test_it_is_no_step_of_the_call_which_the_audit_log_would_hold() -> None:
    desk = Desk(plan(ORDER))
    orders = desk.send(LookupDone(desk.lookup.lookup_id, dict(ANSWER)))
    assert any(isinstance(order, LookedUp) for order in orders)
    told = Story(plan(ORDER)).tell(None, orders)
    assert not [action for action, _ in told if "looked" in action]
    assert "007" not in repr(told)


def test_a_value_of_a_dialog_has_the_name_that_its_author_gave_it() -> None:
    desk = Desk(plan(INSIDE))
    desk.send(LookupDone(desk.lookup.lookup_id, dict(ANSWER)))
    assert desk.notes("looked_up") == [{"name": "reference", "value": "007"}]


def test_a_secret_is_never_searchable() -> None:
    text = """\
values: {pin: {type: digits, secret: true, searchable: true}}
states:
  first: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: check}
  check: {lookup: bank.check, given: {pin: pin}, go: bye, failed: bye}
"""
    (found,) = findings(HEAD + text + END)
    assert (found.code, found.line) == ("D222", 6)


def test_a_value_that_no_lookup_keeps_would_find_nothing() -> None:
    text = """\
values: {account: {type: digits, searchable: true}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 4}, go: bye}
"""
    (found,) = findings(HEAD + text + END)
    assert found.code == "D223"
    assert "keep: {account:" in found.hint
