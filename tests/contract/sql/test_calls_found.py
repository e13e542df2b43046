"""Which calls a question finds, and that the index shows nobody what it holds."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import Engine, update

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.model import CallRow
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.core.vault.search import ENDS, CallQuery
from ivr.errors import BugError
from tests.contract.sql.records import EVIDENCE, RECORD, ids, record


def test_calls_are_found_by_everything_their_records_hold(sql: SqlCallStore) -> None:
    other = dataclasses.replace(
        record(2),
        caller="sip:other@192.0.2.8",
        agents=("carol",),
        outcome=CallOutcome.ABANDONED,
        disclosures=(),
        states=(),
        voicemails=(),
    )
    for one in (record(1), other, record(3)):
        sql.save(one)
    both = ["call-3", "call-1"]
    assert ids(sql.search(CallQuery())) == ["call-3", "call-2", "call-1"]
    assert ids(sql.search(CallQuery(caller="+86 139 1234 5678"))) == both
    assert ids(sql.search(CallQuery(caller="other"))) == ["call-2"]
    assert ids(sql.search(CallQuery(agent="Alice"))) == both
    assert ids(sql.search(CallQuery(mailbox="complaints"))) == both
    assert ids(sql.search(CallQuery(mailbox="praise"))) == []
    assert ids(sql.search(CallQuery(outcome="abandoned"))) == ["call-2"]
    assert ids(sql.search(CallQuery(disclosure="fund_risk", agent="bob", state="menu"))) == both
    assert ids(sql.search(CallQuery(dialplan="wealth", language="zh"))) == ["call-3", "call-2", "call-1"]
    assert ids(sql.search(CallQuery(agent="alice", outcome="abandoned"))) == []
    assert ids(sql.search(CallQuery(agent="alice", since=1002.0))) == ["call-3"]
    assert ids(sql.search(CallQuery(agent="alice", until=1003.0))) == ["call-1"]


def test_calls_are_found_by_what_was_said_also_in_chinese(sql: SqlCallStore) -> None:
    for number, said in ((1, "I want to buy a fund"), (2, "我想购买基金"), (3, "What is my balance? 我的余额")):
        sql.save(record(number))
        sql.index_words(f"call-{number}", [said])
    sql.index_words("call-nowhere", ["nothing"])
    assert ids(sql.search(CallQuery(words="Buy FUND"))) == ["call-1"]
    assert ids(sql.search(CallQuery(words="购买基金"))) == ["call-2"]
    assert ids(sql.search(CallQuery(words="金"))) == ["call-2"]
    assert ids(sql.search(CallQuery(words="我"))) == ["call-3", "call-2"]
    assert ids(sql.search(CallQuery(words="balance 余额", agent="alice"))) == ["call-3"]
    assert ids(sql.search(CallQuery(words="基金 fund"))) == []


def test_calls_are_found_by_what_the_engine_said_and_by_what_was_looked_up(sql: SqlCallStore) -> None:
    for number in (1, 2):
        sql.save(dataclasses.replace(record(number), looked_up=(("reference", f"47{number}"),)))
    sql.index_words("call-1", ["fund"], ["You may lose money."])
    assert ids(sql.search(CallQuery(told="lose money"))) == ["call-1"]
    assert ids(sql.search(CallQuery(words="money"))) == []
    assert ids(sql.search(CallQuery(looked_up="reference=472"))) == ["call-2"]
    assert ids(sql.search(CallQuery(looked_up="471", told="money", words="fund"))) == ["call-1"]


def test_calls_that_are_not_indexed_whole_are_known(sql: SqlCallStore) -> None:
    for number in (1, 2, 3):
        sql.save(record(number))
    sql.index_words("call-2", ["fund"], ["money"])
    assert sql.unindexed([f"call-{number}" for number in range(5)]) == ["call-0", "call-1", "call-3", "call-4"]
    sql.forget("call-2")
    assert sql.unindexed(["call-2"]) == ["call-2"]
    assert sql.unindexed([]) == []


def test_pages_follow_one_another_also_among_calls_of_one_moment(sql: SqlCallStore) -> None:
    for number in range(7):
        sql.save(record(number, started_at=1000.0 + number // 3))
    for query in (CallQuery(), CallQuery(agent="alice")):
        seen: list[str] = []
        before: tuple[float, str] | None = None
        while page := sql.search(query, limit=2, before=before):
            seen += ids(page)
            before = (page[-1].started_at, page[-1].call_id)
        assert seen == [f"call-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_a_running_call_is_found_once_it_has_ended(sql: SqlCallStore) -> None:
    sql.save(dataclasses.replace(RECORD, ended_at=None, outcome=CallOutcome.OPEN, agents=()))
    assert ids(sql.search(CallQuery(language="zh"))) == []
    sql.save(RECORD)
    sql.save(RECORD)
    assert ids(sql.search(CallQuery(agent="bob"))) == ["call-1"]


def test_calls_are_named_without_their_records_and_opened_together_one_that_is_damaged_hides_no_other(
    sql: SqlCallStore,
) -> None:
    for number in (1, 2, 3):
        sql.save(record(number))
    fit = sql.fitting(CallQuery(agent="bob"), limit=2)
    assert fit == [(record(number).started_at, f"call-{number}") for number in (3, 2)]
    assert sql.fitting(CallQuery(since=record(3).started_at), limit=9) == fit[:1]
    found = sql.of_calls(["call-3", "call-1", "call-9"])
    assert found == {"call-1": record(1), "call-3": record(3)}
    with sql._engine.begin() as connection:
        connection.execute(update(CallRow).where(CallRow.call_id == "call-3").values(sealed=b"?" * 40))
    damaged = list[str]()
    assert sql.of_calls(["call-3", "call-1"], on_damage=lambda call, why: damaged.append(call)) == {"call-1": record(1)}
    assert damaged == ["call-3"]


def test_the_flags_of_calls_are_known_without_opening_them(sql: SqlCallStore) -> None:
    sql.save(record(1))
    sql.save(dataclasses.replace(record(2), marks=("guard_alarm", "voice_unsure")))
    sql.save(dataclasses.replace(record(3), ended_at=None))
    known = ("guard_alarm", "voice_unsure", "crashed")
    assert sql.flags_of(["call-1", "call-2", "call-3", "call-9"], known) == {
        "call-1": frozenset(),
        "call-2": frozenset({"guard_alarm", "voice_unsure"}),
    }
    assert sql.flags_of(["call-2"], ["voice_unsure"]) == {"call-2": frozenset({"voice_unsure"})}


def test_calls_are_ranked_by_their_flags_day_by_day_and_every_call_that_ended_is_counted(sql: SqlCallStore) -> None:
    points = {"guard_alarm": 100, "voice_unsure": 4, "found_minor": 1, "crashed": 6}
    marks: tuple[tuple[str, ...], ...] = ((), ("voice_unsure",), ("guard_alarm",), (), ("voice_unsure",))
    for number, marked in enumerate(marks, 1):
        sql.save(dataclasses.replace(record(number), marks=marked))
    next_day = dataclasses.replace(record(6), started_at=86_400.0 + 5, marks=("voice_unsure",))
    sql.save(next_day)
    sql.save(dataclasses.replace(record(7), ended_at=None, marks=("guard_alarm",)))
    found = ("found_major", "found_minor")
    sql.index_flags("call-5", ("found_minor",), found)
    sql.index_flags("call-nowhere", ("found_minor",), found)
    of_day = {day: (one.calls, one.of_risk) for day, one in sql.ranked(0.0, 90_000.0, points, limit=2).items()}
    assert of_day == {
        "1970-01-01": (
            ((100, record(3).started_at, "call-3"), (5, record(5).started_at, "call-5")), {0: 2, 4: 1, 5: 1, 100: 1}
        ),
        "1970-01-02": (((4, 86_405.0, "call-6"),), {4: 1}),
    }  # fmt: skip
    sql.index_flags("call-5", (), found)
    again = sql.ranked(0.0, 0.0, points, limit=9)["1970-01-01"]
    assert [one[2] for one in again.calls] == ["call-3", "call-2", "call-5"], "what was found of before is no longer"
    sql.forget("call-3")
    assert 100 not in sql.ranked(0.0, 0.0, points, limit=9)["1970-01-01"].of_risk


def test_a_call_whose_start_is_mended_is_found_where_it_belongs(sql: SqlCallStore) -> None:
    for number in (1, 2, 3):
        sql.save(record(number))
    sql.save(record(2, started_at=900.0))
    assert ids(sql.search(CallQuery(agent="bob"))) == ["call-3", "call-1", "call-2"]
    assert ids(sql.search(CallQuery(agent="bob", until=1000.0))) == ["call-2"]
    assert ids(sql.search(CallQuery(agent="bob"), before=(1001.0, "call-1"))) == ["call-2"]


def test_a_forgotten_call_is_found_no_more(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(RECORD)
    sql.index_words("call-1", ["buy a fund"])
    assert sql.wrapped_key("call-1") is not None
    sql.forget("call-1")
    assert sql.wrapped_key("call-1") is None
    assert ids(sql.search(CallQuery(words="fund"))) == []
    with engine.connect() as connection:
        for table in ("block_terms", "call_blocks", "indexed_calls"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_all_rows_are_wrapped_anew_some_at_a_time(sql: SqlCallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.adapters.sql.sealed_rows.ROWS_AT_ONCE", 2)
    names = [f"call-{number}" for number in range(5)]
    for name in names:
        sql.save(dataclasses.replace(RECORD, call_id=name))
    before = {name: wrapped for name, wrapped, _ in sql.wrapped_keys()}
    assert sorted(before) == names
    assert sql.rewrap(lambda wrapped, kek_id: (b"anew" + wrapped, "kek-2"), "kek-2") == 5
    assert {name: wrapped for name, wrapped, _ in sql.wrapped_keys()} == {
        name: b"anew" + wrapped for name, wrapped in before.items()
    }
    assert sql.rewrap(lambda wrapped, kek_id: (wrapped, kek_id), "") == 0, "nothing changed"


def test_the_index_of_terms_shows_no_word(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(RECORD)
    sql.index_words("call-1", ["buy a fund"])
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT term FROM block_terms").all()
    words, states, agents, fields = (
        3,
        3,
        2,
        len(("outcome", "language", "dialplan", "version", "day", "disclosure", "mailbox", "flag")) + len(ENDS),
    )
    warned = len(("played", "heard", "repeated", "acknowledged"))
    assert len(rows) == words + states + agents + fields + warned + 1, "and that the words are indexed"
    assert all(isinstance(term, int) for (term,) in rows)


def test_calls_are_counted_by_day_version_and_what_became_of_a_warning(sql: SqlCallStore) -> None:
    def call(name: str, **changes: object) -> CallRecord:
        begun = {"call_id": name, "begun": ("fund_risk",), **changes}
        return dataclasses.replace(RECORD, **begun)  # type: ignore[arg-type]

    first, plain = EVIDENCE, dataclasses.replace(EVIDENCE, loss=None, plays=1)
    refused = dataclasses.replace(plain, acknowledged_by="", answer="")
    sql.save(call("a", disclosures=(dataclasses.replace(first, loss=0.5),)))
    sql.save(call("b", disclosures=(refused,)))
    sql.save(call("c", disclosures=()))
    sql.save(call("d", disclosures=(plain,), dialplan="wealth@4"))
    sql.save(call("e", disclosures=(plain,), started_at=RECORD.started_at + 86400))
    sql.save(call("f", disclosures=(plain,), ended_at=None))  # it runs

    def of(figure: str, version: str = "wealth@3", day: str = "2026-01-02") -> CallQuery:
        return CallQuery(version=version, day=day, warning=f"fund_risk/{figure}")

    wanted = {
        of("played"): "abc", of("heard"): "ab", of("lossy"): "a", of("repeated"): "a", of("acknowledged"): "a",
        of("refused"): "b", of("played", "wealth@4"): "d", of("played", day="2026-01-03"): "e",
        of("played", day="2026-01-04"): "", of("played", "wealth@5"): "", CallQuery(day="2026-01-02"): "abcd",
    }  # fmt: skip
    assert sql.count_each(list(wanted)) == list(map(len, wanted.values()))
    for query, calls in wanted.items():
        assert sorted(ids(sql.search(query))) == sorted(calls), query
    assert sql.count_each([]) == []
    with pytest.raises(BugError):
        sql.count_each([CallQuery(version="wealth@3")])
