"""Every sentence of the console has its translation."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ivr.apps.audit_text import SENTENCES, YES_NO
from ivr.apps.model_catalogue import CATALOGUE
from ivr.apps.queue_story import NOTHING_SPECIAL
from ivr.apps.queue_story import SENTENCES as STORY
from ivr.apps.settings import Settings
from ivr.apps.web.app import MISTAKE
from ivr.apps.web.errors import NOT_SET_UP, TITLES
from ivr.apps.web.language import LANGUAGES, language, negotiated
from ivr.apps.web.look import HERE, OUTCOMES
from ivr.apps.web.navigation import NAVIGATION
from ivr.apps.wiring.retention import retention_plan
from ivr.core.access.session import Factor
from ivr.core.alarms import AlarmKind
from ivr.core.audit.roles import DUTIES
from ivr.core.call.alerts import NOT_SPOKEN
from ivr.core.call.flags import FLAGS
from ivr.core.call.warned import FIGURES
from ivr.core.compliance.number_guard import OUT_OF_RANGE, UNREAD, UNSOURCED
from ivr.core.compliance.number_guard import WRONG as FIGURE_WRONG
from ivr.core.compliance.rule import Subject
from ivr.core.identity.level import Level
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.callback import CallbackState
from ivr.core.reports.definitions import DEFINITIONS
from ivr.core.reports.of_findings import MISSES_MUCH, MORE_OFTEN, OFTEN_WRONG
from ivr.core.reports.of_log import ACCESS, RETENTION
from ivr.core.reports.records import Records
from ivr.core.reports.report import ALL, Days
from ivr.core.review.risk import MEANINGS
from ivr.core.vault.retention import Decision
from ivr.engine.archive.keyed import KINDS
from ivr.engine.bus.cells import CellStatus
from ivr.engine.office.acts import ACTS
from tests.unit.web.world import World

SENTENCE = re.compile(
    r"""\bt\("([^"]+)"[,)]|\bt\('([^']+)'[,)]|language\.text\("([^"]+)"|_done\(visit, (?:call, )?"([^"]+)\""""
)


def sentences() -> Iterator[str]:
    for file in [*(HERE / "templates").glob("*.html"), *(HERE / "pages").glob("*.py")]:
        for found in SENTENCE.finditer(file.read_text(encoding="utf-8")):
            yield next(filter(None, found.groups()))
    yield from TITLES.values()
    yield NOT_SET_UP
    yield from SENTENCES.values()
    yield from (word for words in YES_NO.values() for word in words)
    yield MISTAKE
    yield NOT_SPOKEN
    yield from (one.note for one in CATALOGUE.values())
    yield from (str(name).replace("_", " ") for name in (*CellStatus, *Factor))
    yield from OUTCOMES
    yield from FIGURES.values()
    yield from (entry.title for entry in NAVIGATION)
    yield from reports()
    for name, meaning in FLAGS.items():
        yield from (name.replace("_", " "), meaning)
    yield from (*MEANINGS, *MEANINGS.values())
    yield from DUTIES.values()
    yield from KINDS
    yield from (*map(str, CallbackState), *(one.value for one in Decision), "sealed")
    yield from (*STORY.values(), NOTHING_SPECIAL)
    yield from (str(name).replace("_", " ") for name in (*AgentState, *AlarmKind))
    yield from (f"identity {level}" for level in Level if level is not Level.NONE)


def reports() -> Iterator[str]:
    """All that may stand in one: names are printed as they are."""
    for one in DEFINITIONS.values():
        made = one.report(Records(Days.of("2027-01-01", "2027-01-01")))
        yield from (made.title, one.about, *made.notes)
        for table in made.tables:
            yield from (table.title, *table.labels, *table.columns)
    yield from (*RETENTION.values(), *ACCESS.values(), OFTEN_WRONG, MISSES_MUCH, MORE_OFTEN, ALL, "due", "not due")
    yield from ("Report", "Days (UTC)", "SHA-256 of all figures", "Receipt")


ROOT = HERE.parents[2]
REFUSALS = (
    "DeniedError", "denied", "EnvironmentFault", "ModelError", "NotGenuine", "NotSetUpError", "OperatorError",
    "PeerError", "SettingsError", "StaleError",
)  # fmt: skip
TOLD = {**dict.fromkeys(REFUSALS, 0), "refuse": 1}
"""What tells somebody that they may not, or should do it otherwise -> which argument is the sentence."""
TELLING = (
    "adapters/agent_file.py",
    "adapters/files/dialplans/kept_drafts.py",
    "adapters/files/dialplans/publications.py",
    "adapters/files/models.py",
    "adapters/files/notice_targets.py",
    "adapters/notice_post.py",
    "adapters/sql/call_store.py",
    "apps/days.py",
    "apps/verify_receipt.py",
    "apps/web/**/*.py",
    "core/access/*.py",
    "core/audit/roles.py",
    "core/call/notices.py",
    "core/queueing/choice.py",
    "core/reports/*.py",
    "core/queueing/directory.py",
    "core/vault/guard.py",
    "core/vault/query_text.py",
    "engine/access/*.py",
    "engine/archive/eraser.py",
    "engine/notices/*.py",
    "engine/office/*.py",
    "engine/publishing/*.py",
)
"""Files whose refusals stand on pages."""
DAMAGE = {"SealError": 0, "_altered": 1}
"""The same for what is not as it was sealed: it may come from anywhere."""
JUDGED = {"Ruling": 1, "Weighed": 1, "Deed": 1, "Erased": 1}
"""What pages say of recordings, agents and calls -> which argument is the sentence."""
FINDING = {"_at": 1, "_found": 1, "_spans": 1}
"""The same of the inspector."""
ANSWERS = frozenset({"_verdict", "_doing", "_did"})
"""Functions that give such a sentence."""
IN_A_TERMINAL = ("cli", "testing")


def refusals(file: Path, told_by: Mapping[str, int] = TOLD) -> Iterator[str]:
    """Sentences of refusals; `{}` where a name or a number stands. `told_by`: who tells, and with which argument."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        told = [one.value for one in node.keywords if one.arg == "told"]
        at = told_by.get(name, len(node.args))
        sentence = told[0] if told else node.args[at] if at < len(node.args) else None
        yield from _texts(sentence, constants)


def _texts(sentence: ast.expr | None, constants: dict[str, ast.expr]) -> Iterator[str]:
    match sentence:
        case ast.Name(id) if id in constants:
            yield from _texts(constants[id], {})
        case ast.Constant(str(text)):
            yield re.sub(r"{\w+}", "{}", text)
        case ast.Call(func=ast.Attribute(value=form, attr="format")):
            yield from _texts(form, constants)
        case ast.IfExp(body=body, orelse=otherwise):
            yield from (*_texts(body, constants), *_texts(otherwise, constants))
        case ast.BinOp(left=left, right=right):
            yield from (before + after for before in _texts(left, constants) for after in _texts(right, constants))
        case ast.JoinedStr(parts):
            texts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts]
            yield "".join(texts)


def test_refusals_are_translated_too() -> None:
    known = {re.sub(r"{\w+}", "{}", english) for english in language("zh").words}
    files = [file for pattern in TELLING for file in (ROOT / "ivr").glob(pattern)]
    found = {sentence for file in files for sentence in refusals(file)}
    assert len(found) > 150
    assert sorted(found - known) == []


def test_what_is_damaged_reads_chinese_on_chinese_pages() -> None:
    known = {re.sub(r"{\w+}", "{}", english) for english in language("zh").words}
    files = [file for file in (ROOT / "ivr").rglob("*.py") if not set(IN_A_TERMINAL) & set(file.parts)]
    found = {sentence for file in files for sentence in refusals(file, DAMAGE)}
    assert len(found) > 120
    assert sorted(found - known) == []
    told = language("zh").told("the database's row of call x1 was altered: its columns differ from its seal")
    assert told == "数据库中 call x1 的行被篡改：其各列与封印不符"


def answers(file: Path) -> Iterator[str]:
    """What functions of ANSWERS give; `{}` where a name stands."""
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name in ANSWERS:
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from _texts(node.value, {})


def test_what_is_judged_of_calls_and_agents_is_translated_too() -> None:
    known = {re.sub(r"{\w+}", "{}", english) for english in language("zh").words}
    files = [*(ROOT / "ivr" / "core").rglob("*.py"), *(ROOT / "ivr" / "engine" / "office").glob("*.py")]
    found = {sentence for file in files for sentence in (*refusals(file, JUDGED), *answers(file))}
    found |= set(refusals(ROOT / "ivr" / "core" / "compliance" / "inspector.py", FINDING))
    found |= {FIGURE_WRONG, OUT_OF_RANGE, UNREAD, UNSOURCED, *map(str, Subject)}
    found |= {one.source for one in retention_plan(Settings()).classes.values()}
    assert len(found) > 50
    assert sorted(found - known) == []


def alarms(file: Path) -> Iterator[str]:
    """Sentences of alarms; `{}` where a name or a number stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        for kind, sentence in itertools.pairwise(node.args):
            if isinstance(kind, ast.Attribute) and isinstance(kind.value, ast.Name) and kind.value.id == "AlarmKind":
                yield from _texts(sentence, {})


def test_alarms_are_translated_too() -> None:
    known = {re.sub(r"{\w+}", "{}", english) for english in language("zh").words}
    found = {sentence for file in (ROOT / "ivr").rglob("*.py") for sentence in alarms(file)}
    assert len(found) > 30
    assert sorted(found - known) == []
    assert "SQL" in language("zh").told("call records cannot be stored: SQL")
    assert language("zh").told("cell 3 does not answer: it is killed").isascii() is False


def test_a_refusal_with_names_in_it_is_translated_around_them() -> None:
    chinese = language("zh")
    assert "17" in chinese.told("too many failures: try again in 17 seconds")
    assert chinese.told("too many failures: try again in 17 seconds").isascii() is False
    assert chinese.told("name or password is wrong") != "name or password is wrong"
    assert chinese.told("nobody wrote this sentence down") == "nobody wrote this sentence down"


def test_what_stands_in_a_refusal_is_translated_where_it_is_a_sentence_too() -> None:
    chinese = language("zh")
    told = chinese.told("hold cannot be done now: what goes on is consult, and the recording is paused")
    assert told == "现在不能执行 hold：当前状态为 consult，且录音已暂停"
    assert chinese.told("user:x does not hold the role already") == "user:x 并未持有该角色"
    assert chinese.told("there is no act : docs/console.md names them").isascii(), "a name is at least one letter"
    long = "'" + "' is for the role , and holds . may grant it: " * 21
    assert chinese.told(long[:1000]) == long[:1000]


def test_a_refusal_of_the_office_and_the_audit_log_read_chinese_on_a_chinese_page(world: World) -> None:
    chinese = {"accept-language": "zh"}
    refused = world.browser("user:auditor").get("/recordings", headers=chinese)
    assert refused.status_code == 403
    assert "需要角色 supervisor" in refused.text
    entries = world.browser("user:auditor").get("/audit", headers=chinese).text
    assert "“recordings.search”被拒绝：需要 supervisor，而其持有 auditor" in entries


def test_each_act_that_is_entered_reads_as_a_sentence() -> None:
    assert sorted({act.action for act in ACTS.values() if act.action} - SENTENCES.keys()) == []


def test_each_is_translated_with_the_same_names_in_it() -> None:
    words = language("zh").words
    assert len(words) > 150
    assert sorted(set(sentences()) - words.keys()) == []
    for sentence in words:
        assert sorted(re.findall(r"{\w+}", words[sentence])) == sorted(re.findall(r"{\w+}", sentence)), sentence


def test_a_browser_gets_the_language_that_it_asks_for() -> None:
    for accepted, code in {
        "zh-HK,zh;q=0.9,en;q=0.8": "zh",
        "en-GB,zh;q=0.5": "en",
        "fr,zh;q=0.3": "zh",
        "fr": "en",
        "": "en",
        "zh;q=0": "en",
        ";;;q=x,,": "en",
    }.items():
        assert negotiated(accepted).code == code, accepted
    assert language("../../etc/passwd").code == "en"
    assert set(LANGUAGES) == {"en", "zh"}
