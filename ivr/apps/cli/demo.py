"""`ivr demo`: a robot caller goes through three errands on a running engine, over real SIP and RTP.

Nothing is staged inside the engine: it is the one that `ivr serve` runs, and it knows neither caller nor agent before.
What the demo brings with it (an agent's phone, an enrolled voice) it takes away again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ivr.apps.cli.options import CONFIG, settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.engine_file import engine_file, read_engine
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.demo.bank import DEMO_ACCOUNTS
from ivr.demo.errands import ERRANDS, Stage, Telling, agent_talk, balance, fund
from ivr.errors import EnvironmentFault, IvrError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import answers_options

START_SECONDS = 180.0
"""The engine's first start renders prompts and loads models."""
STOP_SECONDS = 30.0
LOCK = "demo.lock"
AGENT = "demo-agent"
RINGS_SECONDS = 8.0
"""As long as the caller is told that an agent will come."""
CALLER_VOICE = "en-man"
"""Not the voice of the prompts."""
ACCOUNT = DEMO_ACCOUNTS[3]
"""Whose errands they are."""
ENROLMENT = (
    "Good morning. I would like to use my voice instead of a password from now on, please.",
    "My voice is as good as a signature, and I always have it with me wherever I go.",
    "Please remember the way I speak, so that nobody else can place an order for me.",
    "Zero, one, two, three, four, five, six, seven, eight, nine.",
    "Nine, eight, seven, six, five, four, three, two, one, zero.",
)
"""What the caller says when they are enrolled; the digits among it, as the bank will draw some of them."""


@click.command()
@click.option("--errand", "chosen", type=click.Choice([*ERRANDS, "all"]), default="all", show_default=True)
@settings_option
@click.pass_context
def demo(ctx: click.Context, settings: Settings, chosen: str) -> None:
    """Dial in with a robot caller and show the whole call: conversation, record, evidence, recording.

    Starts the engine if none is running, and stops it again. The caller speaks with a synthesized voice that is not
    the prompts' voice, and presses keys; a robot agent answers.

    \b
    Examples:
      ivr demo                       balance by keys, a fund by words, an agent
      ivr demo --errand balance
    """
    telling = Telling(click.echo)
    if ctx.meta[CONFIG] is not None:
        os.environ["IVR_CONFIG"] = str(ctx.meta[CONFIG])  # for the commands that it calls
    with one_demo(settings, telling), running_engine(settings, telling) as edge:
        began = time.time()
        settings = settings.model_copy(update={"edge": edge})
        target = ("127.0.0.1", settings.sip_endpoint[1])
        if not answers_options(target, seconds=3.0):
            raise EnvironmentFault(f"the engine runs but does not answer SIP on 127.0.0.1:{target[1]}")
        names = list(ERRANDS) if chosen == "all" else [chosen]
        stage = _stage(settings, target, telling)
        try:
            failed = asyncio.run(_play(settings, stage, names))
        finally:
            stage.close()
        _show_records(settings, began, telling)
    if failed:
        raise EnvironmentFault(f"not every errand went as it should: {', '.join(failed)}")


# --- the engine -----------------------------------------------------------------------------------------------------


@contextmanager
def one_demo(settings: Settings, telling: Telling) -> Iterator[None]:
    """Nobody else's demo at the same time, as both would bring the same agent and voice."""
    settings.runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.runtime_dir / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            telling.note("calls of another demo still go on (on a first start, the engine's own): waiting for them")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_engine(settings: Settings, telling: Telling) -> Iterator[bool]:
    """The engine that runs already, or one for as long as the demo takes. Yields whether it has an edge."""
    from ivr.apps.wiring.hub_client import status

    running = False
    with contextlib.suppress(IvrError):
        status(settings)
        running = True
    if running:
        telling.note("the engine is running")
        yield bool(read_engine(settings)["edge"])
        return
    telling.note("no engine is running: starting one")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ivr.apps.cli.main", "serve", "--no-demo"],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(settings, process, telling)
            yield settings.edge
        except EnvironmentFault:
            log.seek(0)
            telling.note(log.read().decode(errors="replace")[-2000:])
            raise
        finally:
            telling.note("stopping the engine")
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(settings.drain_seconds + STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(settings: Settings, process: subprocess.Popen[bytes], telling: Telling) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EnvironmentFault("the engine did not start; what it said stands above")
        if engine_file(settings).exists():
            telling.progress("")
            return
        telling.progress(f"starting: {START_SECONDS - (deadline - time.monotonic()):.0f} s")
        time.sleep(0.5)
    raise EnvironmentFault(f"the engine was not ready after {START_SECONDS:g} s; what it said stands above")


# --- what the demo brings -------------------------------------------------------------------------------------------


def _stage(settings: Settings, target: tuple[str, int], telling: Telling) -> Stage:
    from ivr.apps.wiring.publishing import open_publishing
    from ivr.apps.wiring.served import load_served
    from ivr.apps.wiring.synthesis import synthesizer
    from ivr.engine.publishing.live import published_now

    with open_publishing(settings) as ports:
        publication = published_now(ports)
    if publication is None:
        raise EnvironmentFault("nothing is published: start the engine, or run ivr publish")
    served = load_served(settings, publication.id)
    dialplan = served.serving("service")
    prompts = served.prompts_for(dialplan)
    if dialplan.name != "wealth":
        raise EnvironmentFault("the demo's caller knows dialplans/wealth.yaml only: serve that one for every number")
    clips = tuple(clip for clip in dialplan.static_clips() if clip.language == "en")
    voice = synthesizer(settings)

    def speak(text: str, name: str | None) -> bytes:
        return voice.synthesize(text, language="en", voice=name)

    return Stage(
        target=target,
        prompts={clip.text: prompts.pcm(clip) for clip in clips},
        speak=speak,
        caller_voice=CALLER_VOICE,
        account=ACCOUNT,
        telling=telling,
        close=getattr(voice, "close", lambda: None),
    )


async def _play(settings: Settings, stage: Stage, names: list[str]) -> list[str]:
    failed = []
    with tempfile.TemporaryDirectory(prefix="ivrdemo") as directory:
        for name in names:
            try:
                await _errand(settings, stage, name, Path(directory))
            except (IvrError, TimeoutError) as error:
                stage.telling.note(f"the errand failed: {error or 'no answer in time'}")
                failed.append(name)
    return failed


async def _errand(settings: Settings, stage: Stage, name: str, directory: Path) -> None:
    """One of them, with what it needs for as long as it takes: whoever else calls meets no robot afterwards."""
    if name == "agent":
        with _agent(settings, directory) as password:
            registrar = stage.target if settings.edge else None
            port = settings.sip_endpoint[1] + 20 if registrar is None else 0
            async with RobotAgent(
                user=AGENT, registrar=registrar, password=password if registrar else "", port=port, rings=RINGS_SECONDS
            ) as agent:
                await agent_talk(stage, agent)
    elif name == "fund":
        await asyncio.to_thread(_enroll, settings, stage, directory)
        try:
            await fund(stage)
        finally:
            await asyncio.to_thread(_ivr, "voiceprint", "revoke", ACCOUNT.customer)
    else:
        await balance(stage)


@contextmanager
def _agent(settings: Settings, directory: Path) -> Iterator[str]:
    """An agent for as long as the demo takes; gives the password of the phone."""
    password = secrets.token_urlsafe(12)
    secret = directory / "agent"
    secret.touch(mode=0o600)
    secret.write_text(password)
    how = (
        ["--password-file", str(secret)]
        if settings.edge
        else ["--uri", f"sip:{AGENT}@127.0.0.1:{settings.sip_endpoint[1] + 20}"]
    )
    _ivr("agents", "add", AGENT, *how)
    try:
        yield password
    finally:
        _ivr("agents", "remove", AGENT)


def _enroll(settings: Settings, stage: Stage, directory: Path) -> None:
    stage.telling.note("enrolling the caller's voice (ivr voiceprint enroll)")
    files = []
    for number, text in enumerate(ENROLMENT):
        file = directory / f"voice{number}.wav"
        with wave.open(str(file), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(SAMPLE_BYTES)
            wav.setframerate(SAMPLE_RATE)
            wav.writeframes(stage.speak(text, CALLER_VOICE))
        files.append(str(file))
    stage.telling.note(
        _ivr("voiceprint", "enroll", ACCOUNT.customer, *files, "--machine", "--consent", "the demo").strip()
    )


def _ivr(*words: str) -> str:
    """The command itself, as an operator would type it. Raises EnvironmentFault."""
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "ivr.apps.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    if found.returncode:
        raise EnvironmentFault(f"`ivr {' '.join(words[:2])}` failed: {found.stderr.strip()}")
    return found.stdout


# --- what is left of it ---------------------------------------------------------------------------------------------


def _show_records(settings: Settings, began: float, telling: Telling) -> None:
    from ivr.apps.cli.recording_text import record_text
    from ivr.apps.wiring.office import office
    from ivr.engine.office import recordings

    time.sleep(1.0)  # the last call's record is on its way to the hub
    with office(settings) as opened:
        calls = recordings.list_calls(opened, recordings.ListCalls(10)).records
        found = [recordings.show(opened, recordings.Show(one.call_id)) for one in calls if one.started_at >= began]
    for shown in reversed(found):
        record = shown.record
        telling.head("the record")
        telling.note(record_text(record, shown.recording, shown.published, said=shown.said, reveal=False))
        telling.note(f"hear it:     ivr recordings play {record.call_id}")
        telling.note(f"replay it:   ivr replay {record.call_id}")
