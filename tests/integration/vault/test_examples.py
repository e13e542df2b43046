"""Every example of every `--help`: its words parse as they stand, and what only reads runs in an installation."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.apps.cli.main import cli
from ivr.apps.settings import Settings
from ivr.errors import SettingsError
from tests.integration.vault.conftest import Ivr

ROOT = Path(__file__).parents[3]
RECIPIENT = new_identity()[1]
MEANT = {"CALL": "call-closed", "FILE": "out.wav", "age1...": RECIPIENT, "URL": "http://127.0.0.1:1/tsa"}
"""What stands in the place of a word that says what to write there."""
READS = (
    *("audit checkpoint", "audit key", "audit log", "audit show", "audit verify", "agents list", "callbacks list"),
    *("check", "graph", "keys list", "models list", "prove", "queue plan", "queue simulate"),
    *("receipt make", "receipt verifier", "recordings find", "recordings list", "recordings show", "retention classes"),
    *("retention show", "roles list", "settings show", "simulate", "test", "versions", "voiceprint list"),
)
"""Commands whose examples are run; the others change something, or ask a running engine, a model or a network."""
NOT_HERE = (
    r"(check|prove|prove --json|test) dialplans/$",  # minutes, and tested elsewhere
    r"--mutate",
)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group, info_name="ivr")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def examples() -> list[str]:
    """As they are printed, without what is said beside them."""
    found = []
    for _, command in [((), cli), *commands(cli)]:
        _, _, block = (command.help or "").partition("Examples:\n")
        found += [re.split(r"\s{2,}", line.strip())[0] for line in block.partition("\n\n")[0].splitlines() if line]
    return sorted({line for line in found if re.search(r"\bivr ", line)})


def words_of(example: str) -> list[str]:
    """What the shell gives to `ivr`: without environment, pipes and redirections."""
    here = re.search(r"(?:^|\s)ivr (.*)", example)
    assert here, example
    lexer = shlex.shlex(here[1], posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in ("|", ">"):
            break
        expanded = sorted(map(str, Path().glob(word))) if "*" in word else [MEANT.get(word, word)]
        words += expanded
    return words


@pytest.fixture
def house(settings: Settings, tmp_path: Path, ivr: Ivr) -> Path:
    """An installation that has what the examples name."""
    shutil.copytree(ROOT / "dialplans", tmp_path / "dialplans")
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    shutil.copy(ROOT / "dialplans" / "wealth.yaml", tmp_path / "hello.yaml")
    shutil.copytree(ROOT / "dialplans" / "rules", tmp_path / "rules", dirs_exist_ok=True)
    shutil.copy(tmp_path / "ivr.yaml", tmp_path / "bank.yaml")
    shutil.copytree(ROOT / "dialplans", tmp_path / "work")
    for name in ("first.wav", "second.wav", "third.wav", "alice.secret", "ca.pem", "receipt.txt", "key.txt", "file.zip",
                 "store.json.recovery.age", "scorecard.yaml", "trials.tsv", "customers.csv"):  # fmt: skip
        (tmp_path / name).touch()
    assert ivr("recordings", "compact").returncode == 0
    assert ivr("retention", "hold", "call-closed", "--name", "case-17", "--reason", "asked for").returncode == 0
    (tmp_path / "monday.txt").write_bytes(ivr("audit", "checkpoint").stdout)
    return tmp_path


def test_there_is_an_example_of_every_command_that_stands_first() -> None:
    said = {words_of(example)[0] for example in examples()}
    assert said == set(cli.list_commands(click.Context(cli)))


def parsed(words: list[str]) -> None:
    """Words as their command takes them, which is not called. Raises ClickException."""
    context, command = click.Context(cli, info_name="ivr"), cast(click.Command, cli)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_context(context.info_name, words, parent=context.parent)


def test_every_example_is_written_as_its_command_takes_it(house: Path) -> None:
    wrong = []
    for example in examples():
        try:
            parsed(words_of(example))
        except click.ClickException as error:
            wrong.append(f"{example}: {error.format_message()}")
        except SettingsError as error:
            if "there is no settings file /etc/ivr.yaml" not in str(error):
                wrong.append(f"{example}: {error}")
    assert wrong == []


def test_every_example_that_only_reads_runs(house: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, wrong = set(), []
    for example in examples():
        words = words_of(example)
        path = next((path for path in READS if " ".join(words).startswith(path)), None)
        if path is None or any(re.search(pattern, example) for pattern in NOT_HERE):
            continue
        typed = house / "typed"
        typed.write_text("1\nbalance\n")
        with typed.open() as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            done = ivr(*words)
        ran.add(path)
        if done.returncode != 0 or not done.stdout.strip():
            wrong.append(f"{example}: exit {done.returncode}, {done.stderr.decode()[-300:]}")
    assert wrong == []
    assert ran == set(READS)


def test_a_file_where_only_standard_output_is_written_to_is_told_the_command_that_writes_one(
    settings: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    refused = ivr("recordings", "play", "call-closed", "--output", "out.wav")
    assert refused.returncode == 2
    assert b"ivr recordings export CALL --wav FILE" in refused.stderr
    assert not (tmp_path / "out.wav").exists()


def test_where_no_recording_is_retention_says_that_nothing_is_due(settings: Settings, ivr: Ivr) -> None:
    assert b"call-closed" in ivr("retention", "show").stdout
    shutil.rmtree(settings.recordings_dir)
    shown = ivr("retention", "show")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(b"Nothing is due and nothing is held")
