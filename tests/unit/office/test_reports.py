"""Reports follow from the records alone, every figure opens its calls, and each form is read again by a reader."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from functools import partial
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from ivr.adapters.reports.csv_file import harmless
from ivr.apps import verify_receipt
from ivr.apps.report_files import Form, calls_path, report_file
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.call.transcript import CALLER, ENGINE
from ivr.core.compliance.rule import Found, Severity
from ivr.core.orders.evidence import Consent, DisclosureHeard, Rated
from ivr.core.reports.definitions import DEFINITIONS
from ivr.core.reports.interval import share, wilson
from ivr.core.reports.of_findings import MISSES_MUCH, MORE_OFTEN, OFTEN_WRONG
from ivr.core.reports.records import Kept, Records
from ivr.core.reports.report import Days, Report, key_of
from ivr.core.review.machine import FoundIn, compared
from ivr.core.review.review import Review
from ivr.core.review.scorecard import Answer, score
from ivr.core.review.scorecard_file import load_scorecard
from ivr.engine.office.reports import Made, MakeReport, OpenFigure, make, open_figure
from ivr.engine.office.rules import PublishRules, publish
from ivr.errors import DeniedError, OperatorError, ScorecardError
from tests.unit.compliance.talks import written
from tests.unit.office.house import NOW, House
from tests.unit.office.test_inspection import house, rules, said, sealed

assert house
DAY = Days.of("2027-01-15", "2027-01-15")
"""Of NOW."""


def heard(name: str, by: str = "key") -> DisclosureHeard:
    return DisclosureHeard(name, "en", "00" * 32, 0, 8000, 50, 0.0, 1, by, "1" if by else "", None, 1.0)


def call(name: str, **more: Any) -> CallRecord:
    at = DAY.begin + 60
    return CallRecord(name, at, at + 1, at + 30, caller="+4930123", dialplan="loan@1", **more)


CALLS = (
    call("a", begun=("risk",), disclosures=(heard("risk"),), agents=("anna",), recording_id="r-a"),
    call("b", begun=("risk",), disclosures=(heard("risk", ""),), agents=("anna",), recording_id="r-b"),
    call("c", begun=("risk",), consent=Consent.REFUSED),
    call("d", recording_id="r-d", ratings=(Rated("csat", 1, 5, 5),), agents=("ben",)),
    call("e", ratings=(Rated("csat", 1, 5, None),)),
)
RECORDS = Records(DAY, CALLS, kept={"a": Kept.SEALED, "b": Kept.JOURNAL, "d": Kept.MISSING})


def figures(report: Report) -> dict[str, Any]:
    return {key: (one.value, one.calls) for key, one in report.figures()}


def test_a_disclosures_figures_count_its_calls() -> None:
    found = figures(DEFINITIONS["disclosures"].report(RECORDS))
    assert found["disclosures/loan@1/risk/calls"] == (5, ("a", "b", "c", "d", "e"))
    assert found["disclosures/loan@1/risk/played"] == (3, ("a", "b", "c"))
    assert found["disclosures/loan@1/risk/heard"] == (2, ("a", "b"))
    assert found["disclosures/loan@1/risk/acknowledged"] == (1, ("a",))
    assert found["disclosures/loan@1/risk/refused"] == (1, ("b",))


def test_what_must_be_recorded_and_is_not_is_told() -> None:
    found = figures(DEFINITIONS["recordings"].report(RECORDS))
    for column, name in {"sealed": "a", "waiting": "b", "refused": "c", "missing": "d"}.items():
        assert found[f"recordings/loan/{column}"] == (1, (name,))
    assert found["recordings/loan/unrecorded"] == (1, ("e",))


def test_who_did_not_answer_is_counted_and_no_answer_is_no_score() -> None:
    found = figures(DEFINITIONS["satisfaction"].report(RECORDS))
    assert found["satisfaction/csat/2027-01/asked"] == (2, ("d", "e"))
    assert found["satisfaction/csat/2027-01/answered"] == (1, ("d",))
    assert found["satisfaction/csat/2027-01/answered%20of%20asked"] == (0.5, ("d",))
    assert found["satisfaction/csat/2027-01/mean"] == (5.0, ("d",))
    assert found["of_agents/csat/ben/satisfied"] == (1.0, ("d",))


def test_promoters_less_detractors_is_reckoned_on_its_own_scale_only() -> None:
    answers = [10, 9, 8, 6, 0]
    calls = [call(f"n{at}", ratings=(Rated("nps", 0, 10, one),)) for at, one in enumerate(answers)]
    found = dict(DEFINITIONS["satisfaction"].report(Records(DAY, calls)).figures())
    figure = found["satisfaction/nps/2027-01/promoters%20less%20detractors"]
    assert figure.value == 0.0
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0 < figure.high


@pytest.mark.parametrize(
    ("having", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (15, 20, 0.5313, 0.8881)]
)
def test_wilsons_interval_is_as_published(having: int, of: int, low: float, high: float) -> None:
    """Brown, Cai, DasGupta, "Interval estimation for a binomial proportion" (Statistical Science, 2001), recomputed."""
    assert wilson(having, of) == pytest.approx((low, high), abs=0.0002)
    assert share([], 0).value is None


def test_the_log_says_who_opened_what_and_what_was_erased() -> None:
    entries = [
        AuditEntry(NOW, "user:eve", "recording.played", "a"),
        AuditEntry(NOW, "user:eve", "recording.played", "a"),
        AuditEntry(NOW, "user:eve", "calls.inspected", "calls", details={"calls": ["a", "b"]}),
        AuditEntry(NOW, "user:eve", "act.denied", "recordings.export", "denied", details={"call": "c"}),
        AuditEntry(NOW, "keeper", "recording.shredded", "r-x", details={"call": "x", "due": True}),
        AuditEntry(NOW, "user:eve", "recording.played", "z", "failed"),
    ]
    access = figures(DEFINITIONS["access"].report(Records(DAY, entries=entries)))
    assert access["access/user%3Aeve/listened%20to/times"] == (2, ("a",))
    assert access["access/user%3Aeve/read%20by%20rules/calls"] == (2, ("a", "b"))
    assert access["denied/user%3Aeve/recordings.export/calls"] == (1, ("c",))
    retention = figures(DEFINITIONS["retention"].report(Records(DAY, entries=entries)))
    assert retention["retention/recordings%20erased/due/calls"] == (1, ("x",))


CARD = """\
name: service
version: "1"
pass_from: 80
questions:
  promise: {ask: {en: Did nobody promise a return?}, rule: made/promise}
"""


def test_what_people_say_measures_a_rule_and_chance_measures_what_it_misses() -> None:
    card = load_scorecard(CARD, source="card.yaml")
    ruleset = rules()
    read, finding = frozenset({"made/promise"}), _finding()
    found = {name: FoundIn((finding,) if name in "abc" else (), read) for name in "abcdef"}
    people = {"a": Answer.NO, "b": Answer.NO, "c": Answer.YES, "d": Answer.NO, "e": Answer.YES}
    reviews = {name: (_review(name, card.sha256, answer),) for name, answer in people.items()}
    records = Records(
        DAY, [call(name) for name in "abcdef"], findings=found, rules=(ruleset,), reviews=reviews,
        cards={card.sha256: card}, sampled=frozenset("ade"),
    )  # fmt: skip
    made = {
        key.rpartition("/")[2]: one
        for key, one in DEFINITIONS["inspection"].report(records).figures()
        if key.startswith("rules/")
    }
    assert made["found%20in"].calls == ("a", "b", "c")
    assert (made["precision"].value, made["precision"].calls) == (0.6667, ("a", "b"))
    assert (made["precision"].low, made["precision"].high) == wilson(2, 3)
    assert (made["recall"].value, made["missed"].calls) == (0.5, ("d",))
    assert len(compared(reviews, {card.sha256: card}, found)) == 5
    with pytest.raises(ScorecardError, match="answers promise already"):
        load_scorecard(CARD + "  again: {ask: {en: Really?}, rule: made/promise}\n", source="card.yaml")


def suggested(records: Records, table: str) -> dict[str, str]:
    """Rule or agent -> what is suggested."""
    (made,) = [one for one in DEFINITIONS["inspection"].report(records).tables if one.name == table]
    return {row.labels[0]: row.labels[-1] for row in made.rows}


@pytest.mark.parametrize(
    ("wrong", "missed", "told"),
    [(0, 0, ""), (5, 0, OFTEN_WRONG), (0, 6, MISSES_MUCH), (9, 0, "")],
    ids=["well", "often wrong", "misses much", "too few to tell"],
)
def test_a_rule_that_surely_does_badly_gets_a_suggestion(wrong: int, missed: int, told: str) -> None:
    """`wrong` of ten findings people do not confirm, or the rule misses as many of ten violations; nine say nothing."""
    card, calls = load_scorecard(CARD, source="card.yaml"), [f"c{number}" for number in range(9 if wrong == 9 else 10)]
    reviews = {
        one: (_review(one, card.sha256, Answer.YES if at < wrong else Answer.NO),) for at, one in enumerate(calls)
    }
    read = frozenset({"made/promise"})
    found = {one: FoundIn(() if at < missed else (_finding(),), read) for at, one in enumerate(calls)}
    records = Records(
        DAY, [call(one) for one in calls], findings=found, rules=(rules(),), reviews=reviews,
        cards={card.sha256: card}, sampled=frozenset(calls),
    )  # fmt: skip
    assert suggested(records, "rules")["made/promise"] == told


@pytest.mark.parametrize(("theirs", "calls", "told"), [(8, 10, MORE_OFTEN), (2, 10, ""), (8, 9, "")])
def test_an_agent_of_whom_it_is_surely_found_more_often_than_of_colleagues_gets_one(
    theirs: int, calls: int, told: str
) -> None:
    """Of colleagues it is found in two calls of ten."""
    found, records = dict[str, FoundIn](), list[CallRecord]()
    for agent, count, of in (("anna", theirs, calls), ("ben", 2, 10)):
        for at in range(of):
            name = f"{agent}-{at}"
            records.append(call(name, agents=(agent,)))
            found[name] = FoundIn((_finding(),) if at < count else (), frozenset({"made/promise"}))
    made = suggested(Records(DAY, records, findings=found, rules=(rules(),)), "agents")
    assert made == {"anna": told, "ben": ""}


def _finding() -> Found:
    return Found("made/promise", Severity.MAJOR, "x", "said", "", 0, 1, 1.0, "agent")


def _review(name: str, sha256: str, answer: Answer) -> Review:
    card = load_scorecard(CARD, source="card.yaml")
    answers = {"promise": answer}
    return Review(
        name, name, NOW, "user:eve", NOW, "service@1", sha256, "", (), (("promise", answer),), score(card, answers)
    )


# --- through the office -----------------------------------------------------------------------------------------------


@pytest.fixture
def office(house: House) -> House:
    for name in ("one", "two"):
        sealed(house, name, said(ENGINE, "It is risk free."), said(CALLER, "I want to complain"))
    return house


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def asked(name: str = "recordings", **more: Any) -> MakeReport:
    return MakeReport(name, today(), today(), **more)


def test_a_report_made_again_of_the_same_records_is_the_same_and_its_receipt_proves_it(office: House) -> None:
    first, again = (make(office.office("os:supervisor"), asked()) for _ in range(2))
    assert first.report.data == again.report.data
    checked = verify_receipt.check(first.receipt, str(office.verifier))
    statement = checked["statement"]
    assert isinstance(statement, dict)
    assert statement["figures_sha256"] == hashlib.sha256(report_file(first, Form.JSON, "en", str, "")).hexdigest()
    assert "report      recordings@1" in verify_receipt.describe(checked)
    with pytest.raises(verify_receipt.NotGenuine):
        verify_receipt.check(first.receipt.replace("extra e", "extra f", 1), str(office.verifier))


def test_every_figure_opens_exactly_its_calls_and_the_log_names_them(office: House) -> None:
    made = make(office.office("os:supervisor"), asked("complaints", rules=(rules(NOTICE),)))
    assert dict(made.report.figures())["complaints/shop/" + today()[:7] + "/complaints"].calls == ("one", "two")
    for key, figure in made.report.figures():
        opened = open_figure(
            office.office("os:auditor"), OpenFigure("complaints", today(), today(), (rules(NOTICE),), key)
        )
        assert opened.calls == figure.calls, key
        assert {one.call_id for one in opened.records} == set(figure.calls), "who and when, not ids alone"
        assert office.entries("report.opened")[-1].details["calls"] == list(figure.calls)
    with pytest.raises(OperatorError, match="no such figure"):
        open_figure(office.office("os:auditor"), OpenFigure("recordings", today(), today(), (), "none"))


def test_calls_are_read_by_the_published_rules_where_no_others_are_named(office: House) -> None:
    with pytest.raises(OperatorError, match="none are published"):
        make(office.office("os:supervisor"), asked("complaints"))
    publish(office.office("os:supervisor"), PublishRules(written(NOTICE, head="languages: [en]"), reason="a test"))
    by_published, by_named = (
        make(office.office("os:supervisor"), asked("complaints", **named)).report.data
        for named in ({}, {"rules": (rules(NOTICE),)})
    )
    assert by_published == by_named


NOTICE = "complains:\n  notice: complaint\n  words: {en: [I want to complain]}"


def test_who_may_make_a_report_and_see_its_calls_is_in_the_table(office: House) -> None:
    make(office.office("os:officer"), asked("access"))
    with pytest.raises(DeniedError):
        open_figure(office.office("os:officer"), OpenFigure("access", today(), today(), (), "x"))
    with pytest.raises(DeniedError):
        make(office.office("os:operator"), asked("access"))


# --- files ------------------------------------------------------------------------------------------------------------

EVIL = '=cmd|"/c calc"!A1'
BAD = Records(DAY, [call("a", agents=(EVIL,), ratings=(Rated("csat", 1, 5, 4),))])


def made_of(name: str = "satisfaction", records: Records = BAD) -> Made:
    return Made(DEFINITIONS[name].report(records), "c2sp.org/tlog-proof@v1\n<receipt>\n", 0)


def test_csv_is_read_again_and_carries_nothing_out() -> None:
    rows = list(csv.reader(io.StringIO(report_file(made_of(), Form.CSV, "en", str, "").decode("utf-8-sig"))))
    assert [
        "csat",
        f"'{EVIL}",
        "1",
        "1",
        "100.0 % (20.6 % to 100.0 %)",
        "4.0",
        "100.0 % (20.6 % to 100.0 %)",
        "-",
    ] in rows
    for text in ("=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"):
        assert harmless(text) == f"'{text}"
    assert harmless("plain - text") == "plain - text"


def test_a_workbook_is_read_again_with_links_and_without_formulas() -> None:
    made = made_of()
    book = load_workbook(io.BytesIO(report_file(made, Form.XLSX, "en", str, "https://c.example")))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == EVIL and cell.data_type == "s" for cell in cells)
    links = {cell.hyperlink.target for cell in cells if cell.hyperlink}
    wanted = {f"https://c.example{calls_path(made, key)}" for key, one in made.report.figures() if one.calls}
    assert links == wanted
    assert any(cell.value == "<receipt>" for cell in cells)


def _say(words: dict[str, str], text: str) -> str:
    return words.get(text, text)


def test_html_is_text_only_and_pdf_says_the_same_in_both_languages() -> None:
    page = report_file(made_of(), Form.HTML, "en", str, "https://c.example").decode()
    assert "&lt;receipt&gt;" in page
    assert "<script" not in page
    for code, title in (("en", "Satisfaction"), ("zh", "满意度")):
        words = {"Satisfaction": title}
        read = PdfReader(io.BytesIO(report_file(made_of(), Form.PDF, code, partial(_say, words), "https://c.example")))
        text = "".join(page.extract_text() for page in read.pages)
        assert title in text
        assert "satisfaction@1" in text
        assert EVIL.replace('"', "") in text.replace("“", "").replace("”", "").replace('"', "")
        assert any("/Annots" in page for page in read.pages)


def test_json_is_the_figures_and_no_call() -> None:
    data = json.loads(report_file(made_of(), Form.JSON, "en", str, ""))
    assert data["figures"]["satisfaction/csat/2027-01/answered"] == {
        "value": 1,
        "low": None,
        "high": None,
        "share": False,
    }
    table = made_of().report.tables[0]
    assert key_of(table, table.rows[0], "asked") == "satisfaction/csat/2027-01/asked"
