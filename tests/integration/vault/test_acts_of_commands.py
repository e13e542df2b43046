"""The command line does nothing by itself: each command asks the office, and is denied as the act that it is."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click
import pytest

from ivr.apps.cli.main import COMMANDS, cli
from ivr.apps.settings import Settings
from ivr.apps.web.operation import OPERATIONS
from ivr.apps.web.pages import load
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.approval import EXPORTED
from ivr.core.vault.keys import PassphraseKey
from ivr.engine.office.acts import ACTS, DENIED, EVERYBODY
from tests.integration.vault.conftest import Ivr

WHY = ("--reason", "a test")
CALL = "call-closed"
DRAFT = "0123456789ab"
RULES = str(Path(__file__).parents[3] / "dialplans" / "rules" / "investment-eu.yaml")
ACT_OF: dict[str, tuple[str, ...]] = {
    "accounts release": ("accounts.release", *WHY),
    "accounts remove": ("accounts.remove", *WHY),
    "accounts set-pin": ("accounts.set_pin", "--pin-file", "ivr.yaml", *WHY),
    "accounts set-seed": ("accounts.set_seed", "--seed-file", "ivr.yaml", *WHY),
    "accounts show": ("accounts.show",),
    "accounts take-in": ("accounts.take_in", "ivr.yaml", *WHY),
    "agents add": ("agents.put", "alice", "--uri", "sip:alice@192.0.2.7"),
    "agents enroll-voice": ("agents.enrol_voice", "alice", "ivr.yaml", "--consent", "a form"),
    "agents join": ("agents.join", "alice", "--phone", "bob"),
    "agents list": ("agents.list",),
    "agents listen": ("agents.listen", "alice", "--phone", "bob"),
    "agents login": ("agents.login", "alice"),
    "agents logout": ("agents.logout", "alice"),
    "agents pause": ("agents.pause", "alice", *WHY),
    "agents pin": ("agents.set_pin", "alice", "--pin-file", "ivr.yaml"),
    "agents remove": ("agents.remove", "alice"),
    "agents resume": ("agents.resume", "alice"),
    "agents revoke-voice": ("agents.remove_voice", "alice"),
    "agents state": ("agents.state",),
    "agents voices": ("agents.list_voices",),
    "agents whisper": ("agents.whisper", "alice", "--phone", "bob"),
    "alarms acknowledge": ("alarms.acknowledge", "3f09a1c2d4", *WHY),
    "alarms list": ("alarms.list",),
    "audit checkpoint": ("audit.checkpoint",),
    "audit key": ("audit.key",),
    "audit log": ("audit.log",),
    "audit prove": ("audit.prove", "0"),
    "audit show": ("audit.show", CALL),
    "audit stamp": ("audit.stamp", "--tsa", "http://127.0.0.1:9", "--roots", "ivr.yaml"),
    "audit stamps": ("audit.stamps", "--roots", "ivr.yaml"),
    "audit verify": ("audit.verify",),
    "callbacks cancel": ("callbacks.cancel", "1f3a9c02", *WHY),
    "callbacks done": ("callbacks.done", "1f3a9c02", "--result", "reached"),
    "callbacks list": ("callbacks.list",),
    "callbacks redial": ("callbacks.redial", "1f3a9c02"),
    "callbacks take": ("callbacks.take", "1f3a9c02"),
    "calls follow": ("calls.follow", CALL),
    "calls list": ("calls.list",),
    "database move": ("records.move", "--to", "postgresql://ivr@db/ivr", *WHY),
    "desk assist": ("desk.assist", "1"),
    "desk back": ("desk.back",),
    "desk callbacks": ("desk.callbacks",),
    "desk calls": ("desk.calls",),
    "desk conference": ("desk.conference",),
    "desk confirm": ("desk.confirm", *WHY),
    "desk consult": ("desk.consult", "205"),
    "desk finish-callback": ("desk.finish_callback", "1f3a9c02", "--result", "reached"),
    "desk follow": ("desk.follow",),
    "desk hold": ("desk.hold",),
    "desk login": ("desk.login",),
    "desk logout": ("desk.logout",),
    "desk note": ("desk.note", CALL, "--text", "asked for a form"),
    "desk pass-on": ("desk.pass_on", "205"),
    "desk pause": ("desk.pause", *WHY),
    "desk pause-recording": ("desk.pause_recording",),
    "desk resume": ("desk.resume",),
    "desk resume-recording": ("desk.resume_recording",),
    "desk show": ("desk.show",),
    "desk take-callback": ("desk.take_callback",),
    "desk transfer": ("desk.transfer",),
    "drafts begin": ("drafts.begin", "ivr.yaml"),
    "drafts check": ("drafts.examine", DRAFT),
    "drafts diff": ("drafts.compare", DRAFT),
    "drafts drop": ("drafts.drop", DRAFT),
    "drafts list": ("drafts.list",),
    "drafts save": ("drafts.save", DRAFT, "ivr.yaml", "--revision", "1"),
    "drafts show": ("drafts.show", DRAFT),
    "drafts simulate": ("drafts.simulate", DRAFT),
    "drafts test": ("drafts.test", DRAFT),
    "edge reload": ("edge.reload",),
    "host add": ("hosts.add", "hk2", "--to", "hk2.pem", *WHY),
    "host list": ("hosts.list",),
    "host remove": ("hosts.remove", "hk2", *WHY),
    "keys init": ("keys.make",),
    "inspect approve": ("inspection.approve", RULES, "--for", "os:anna", *WHY),
    "inspect publish": ("inspection.publish", RULES, *WHY),
    "inspect replay": ("inspection.replay", "--rules", RULES, "--against", RULES),
    "inspect report": ("reports.make",),
    "inspect run": ("inspection.run", CALL, "--rules", RULES),
    "inspect rules": ("inspection.rules",),
    "inspect show": ("inspection.show", CALL),
    "keys list": ("keys.list",),
    "keys move": ("keys.move", "--to", "pkcs11", *WHY),
    "keys recover": ("keys.recover", "--identity", "ivr.yaml", "--from", "ivr.yaml"),
    "keys recovery": ("keys.set_recovery", "age1"),
    "keys retire": ("keys.retire", "kek-1"),
    "keys rotate": ("keys.rotate",),
    "models list": ("models.list",),
    "models get": ("models.get", "vosk-model-small-en-us-0.15"),
    "prompts check": ("prompts.list",),
    "prompts list": ("prompts.list",),
    "prompts render": ("prompts.render",),
    "publications approve": ("dialplans.approve", "--for", "os:bob", *WHY),
    "publications lines": ("dialplans.overview",),
    "publications list": ("dialplans.publications",),
    "publications live": ("dialplans.live",),
    "publications roll-back": ("dialplans.roll_back", *WHY),
    "publish": ("dialplans.publish",),
    "queue demand": ("queues.report",),
    "queue list": ("queues.list",),
    "queue report": ("queues.report",),
    "queue settings": ("queues.settings",),
    "queue show": ("queues.show",),
    "queue why": ("queues.why", CALL),
    "receipt code": ("receipts.resolve", "1-AAAA-BBBB"),
    "receipt make": ("receipts.make", CALL),
    "receipt verify": ("audit.key", "ivr.yaml"),
    "recordings approve": ("recordings.approve", CALL, "--for", "os:bob", *WHY),
    "recordings compact": ("recordings.compact",),
    "recordings export": ("recordings.export", CALL, "--wav", "out.wav"),
    "recordings find": ("recordings.search", "fund"),
    "recordings list": ("recordings.list",),
    "recordings play": ("recordings.play", CALL),
    "recordings readmit": ("recordings.readmit", CALL, *WHY),
    "recordings show": ("recordings.show", CALL),
    "recordings warnings": ("recordings.warnings",),
    "recordings waveform": ("recordings.waveform", CALL),
    "replay": ("recordings.replay", CALL),
    "reports calls": ("reports.open", "access", "none"),
    "reports list": ("reports.list",),
    "reports make": ("reports.make", "access"),
    "retention clock": ("retention.confirm_clock", *WHY),
    "retention hold": ("retention.hold", CALL, "--name", "case-17", *WHY),
    "retention lift": ("retention.lift", "--erasures", "5", *WHY),
    "retention release": ("retention.release", CALL, "--name", "case-17", *WHY),
    "retention request": ("retention.request", CALL, *WHY),
    "retention run": ("retention.run",),
    "retention show": ("retention.show",),
    "retention shred": ("retention.shred", CALL, *WHY),
    "retention standing": ("retention.standing",),
    "review agreement": ("reviews.agreement",),
    "review appeal": ("reviews.appeal", "0123456789abcdef", *WHY),
    "review approve": ("reviews.approve", "ivr.yaml", "--for", "os:bob", *WHY),
    "review cards": ("reviews.cards",),
    "review decide": ("reviews.decide", "0123456789abcdef", "--outcome", "void", *WHY),
    "review own": ("reviews.own",),
    "review publish": ("reviews.publish", "ivr.yaml", *WHY),
    "review queue": ("reviews.queue",),
    "review show": ("reviews.show", CALL),
    "review submit": ("reviews.submit", CALL),
    "roles approve": ("roles.approve", "grant", "bob", "auditor", "--for", "olga", *WHY),
    "roles approve-lift": ("roles.approve_lift", "export", "--for", "olga", *WHY),
    "roles demand": ("roles.demand", "export", *WHY),
    "roles grant": ("roles.grant", "alice", "auditor", *WHY),
    "roles lift": ("roles.lift", "export", *WHY),
    "roles list": ("roles.list",),
    "roles revoke": ("roles.revoke", "olga", "auditor", *WHY),
    "settings check": ("settings.check",),
    "status": ("status.show",),
    "tokens list": ("tokens.list",),
    "tokens make": ("tokens.make", "wallboard", "--act", "queues.list", "--days", "9", *WHY),
    "tokens revoke": ("tokens.revoke", "wallboard", *WHY),
    "trunks list": ("trunks.list",),
    "users add": ("users.add", "alice", *WHY),
    "users approve": ("users.approve", "alice", "--for", "olga", *WHY),
    "users disable": ("users.disable", "alice", *WHY),
    "users invite": ("users.invite", "alice", *WHY),
    "users list": ("users.list",),
    "users reset": ("users.reset", "alice", *WHY),
    "users revoke": ("sessions.revoke", "alice", *WHY),
    "users sessions": ("sessions.list",),
    "versions": ("dialplans.versions",),
    "voiceprint enroll": ("voices.enrol", "10012345", "ivr.yaml", "--consent", "a form"),
    "voiceprint list": ("voices.list",),
    "voiceprint renew": ("voices.renew",),
    "voiceprint revoke": ("voices.remove", "10012345"),
    "watchlist add": ("watchlist.add", "case-1", "ivr.yaml", *WHY),
    "watchlist approve": ("watchlist.approve", "case-1", "ivr.yaml", "--for", "olga", *WHY),
    "watchlist list": ("watchlist.list",),
    "watchlist remove": ("watchlist.remove", "case-1", *WHY),
    "webhooks add": (
        "webhooks.add",
        "crm",
        "https://crm.bank.example",
        "--event",
        "call.ended",
        "--secret-file",
        "ivr.yaml",
        *WHY,
    ),
    "webhooks list": ("webhooks.list",),
    "webhooks remove": ("webhooks.remove", "crm", *WHY),
    "webhooks test": ("webhooks.test", "crm"),
}
"""Command -> its act, and words to ask it by."""
OTHER_FORMS = {
    "status.disks": ("status", "--disks"),
    "receipts.check": ("receipt", "verify", "--code", "1-AAAA-BBBB"),
    "dialplans.replay": ("replay", "--last", "5", "--draft", DRAFT),
    "recordings.stream": ("recordings", "play", CALL, "--output", "-"),
    "retention.withdraw": ("retention", "request", CALL, "--withdraw", *WHY),
}
"""Acts that a command becomes by an option."""
DRAFTS = "POST /dialplans/drafts/{draft}/"
NO_ACT = {
    "check": DRAFTS + "check",
    "demo": "it is a telephone of its own, and calls the line as anybody does",
    "diff": DRAFTS + "changes",
    "graph": DRAFTS + "picture",
    "models check": "it listens to sound files of its user, and needs no engine",
    "prove": DRAFTS + "check",
    "queue plan": "it reckons with a file of its user, and needs no engine",
    "queue simulate": "it reckons with a file of its user, and needs no engine",
    "receipt verifier": "it prints a program for strangers; on a page: POST /check",
    "retention classes": "GET /retention",
    "review check": "POST /review/scorecards/publish",
    "serve": "it starts the engine, and the console with it",
    "settings show": "it prints a file of the machine, which who runs it may read anyway",
    "simulate": DRAFTS + "talk",
    "test": DRAFTS + "test",
    "host serve": "it starts a process of this machine, for another host",
    "voices list": "it names what is installed, and needs no engine",
    "voices say": "it speaks a text of its user into a file of its user, and needs no engine",
    "voiceprint calibrate": "it reckons with sound files of its user, and needs no engine",
    "voiceprint eval": "it reckons with sound files of its user, and needs no engine",
}
"""They work on what their user has anyway: dialplans, settings, models; or start the engine, which is no person.
Command -> what does the same on the console, or why nothing does."""


OF_A_BROWSER = {
    "desk.phone": "a program of one's own registers with the password that operations gave it",
    "calls.own_words": "it is for who calls by browser, and has the token of that call",
}
"""Acts that no command has -> why."""


def paths(command: click.Command, path: str, context: click.Context) -> list[str]:
    if not isinstance(command, click.Group):
        return [path]
    found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [one for name, sub in found if sub for one in paths(sub, f"{path} {name}".strip(), context)]


def test_every_command_is_an_act_or_said_to_be_none() -> None:
    assert sorted(paths(cli, "", click.Context(cli))) == sorted(NO_ACT.keys() | ACT_OF.keys())
    assert {path.split()[0] for path in NO_ACT.keys() | ACT_OF.keys()} == set(COMMANDS)
    assert {words[0] for words in ACT_OF.values()} | OTHER_FORMS.keys() | OF_A_BROWSER.keys() == set(ACTS)


def test_what_is_no_act_has_its_counterpart_on_the_console_or_a_reason() -> None:
    """What is one: `tests/unit/web/test_every_act.py`."""
    load()
    for command, where in NO_ACT.items():
        method, _, path = where.partition(" ")
        if method in ("GET", "POST"):
            assert (method, path) in OPERATIONS, command
        else:
            assert len(where) > 20, command


def test_each_command_is_denied_as_its_act(settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.adapters.login.logged_in", lambda: True)
    monkeypatch.setattr("ivr.adapters.login.real_user", lambda: "root")
    assert ivr("roles", "grant", "root", "security_officer", *WHY).returncode == 0
    Path("ivr.yaml").chmod(0o600)  # it stands for files of secrets too
    monkeypatch.setattr("ivr.adapters.login.real_user", lambda: "mallory")
    monkeypatch.setattr("click.prompt", lambda *words, **named: "12345678")
    closed = {act: words for path, (act, *rest) in ACT_OF.items() if (words := (*path.split(), *rest))} | OTHER_FORMS
    for act, words in closed.items():
        if ACTS[act].roles != EVERYBODY:
            assert ivr(*words).returncode == 6, words
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    denied = [entry.subject for _, entry in log.entries(actions=(DENIED,))]
    assert denied == [act for act in closed if ACTS[act].roles != EVERYBODY]
    assert not settings.recordings_dir.with_name("out.wav").exists()


def test_an_export_opens_the_key_store_once_and_says_what_left(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    derive = PassphraseKey.derive

    def counted(*words: object, **named: object) -> PassphraseKey:
        opened.append(1)
        return derive(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PassphraseKey, "derive", counted)
    assert ivr("recordings", "export", CALL, "--wav", "out.wav").returncode == 0
    assert opened == [1]
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    (entry,) = [entry for _, entry in log.entries(actions=(EXPORTED,))]
    wav = settings.recordings_dir.with_name("out.wav")
    assert (entry.subject, entry.outcome) == (CALL, "done")
    assert entry.details["sha256"] == sha256(wav.read_bytes()).hexdigest()
