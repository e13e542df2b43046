"""What the caller hears: prompts with sample-exact positions, music beneath them, silence otherwise.

A prompt begins when all of its clips are there: static ones from the library, those with a caller's data put together
of its pieces or from the speech service, in memory only. Positions are the call's samples at which frames were really
sent.

A disclosure begins with a packet of its own, and its end is told when its last packet left and the far end has shown
that it is there (`SIGN_SECONDS` at most): what is not known of it must not be believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ivr.core.media.beep import beep
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, samples
from ivr.core.orders.playing import (
    UNKNOWN_VOICE,
    Clip,
    LossReported,
    PlayPrompt,
    PlayReport,
    PromptEnd,
    PromptEnded,
    PromptStarted,
)
from ivr.engine.cell.config import Prompts, Speech
from ivr.errors import IvrError
from ivr.ports.telephony import LegStats

PlayerFact = PromptStarted | PromptEnded | LossReported

REPORT_CHECKS = 50
"""Looks (five a second) for a receiver report after a disclosure: 10 s, twice the usual interval (RFC 3550 6.2)."""

SIGN_SECONDS = 5.0
"""From a disclosure's first sample on: a far end that never reported and from which nothing came until then is silent.
Who suppresses silence sends reports all the same, every five seconds (RFC 3550 6.2)."""


@dataclass(slots=True)
class _Playing:
    """The prompt in hand."""

    prompt: PlayPrompt
    clips: list[bytes | None]
    waiting: dict[int, int] = field(default_factory=dict)
    """Synthesis request -> index of the clip it fills."""
    voices: dict[str, None] = field(default_factory=dict)
    """Synthetic voices in it, each once."""
    pcm: bytes = b""
    position: int = 0
    """Bytes sent."""
    first_sample: int | None = None
    before: LegStats | None = None
    filling: int = 0
    """Frames that a last packet still waits for."""
    sent_by: int | None = None
    """Sample at which the last frame had left."""
    after: LegStats | None = None
    """Counters when its last packet had left."""
    held: bool = False
    """Whether silence is sent in its place."""
    silence: int = 0
    """Frames of it, now."""
    silences: int = 0
    """Frames of it, earlier."""

    def spoken_by(self, voice: str) -> None:
        """A clip of it is in this voice; empty: in none that was made."""
        if voice:
            self.voices[voice] = None


@dataclass(slots=True)
class _Awaited:
    """A disclosure whose next receiver report has not come yet."""

    prompt_id: int
    before: LegStats
    reports: int
    signs: int
    """Of life of the far end, at its end."""
    checks: int = 0


class Player:
    """One caller's prompt player. `frame` is called once every 20 ms while media may be sent."""

    def __init__(self, prompts: Prompts, speech: Speech, music: bytes, stats: Callable[[], LegStats]) -> None:
        self._prompts = prompts
        self._speech = speech
        self._music = music
        self._music_bytes = len(music) // FRAME_BYTES * FRAME_BYTES
        """Of whole frames."""
        self._music_at: int | None = None
        self._stats = stats
        self._now: _Playing | None = None
        self._facts: list[PlayerFact] = []
        self._requests = 0
        self._awaited: _Awaited | None = None
        self._gone_at = -1
        """Signs of life of a far end from which nothing came any more after a disclosure."""

    @property
    def playing(self) -> bool:
        """Whether a prompt is in hand."""
        return self._now is not None

    @property
    def awaits_report(self) -> bool:
        """Whether `check` looks for a far end's report: what was sent until then is counted at that very frame."""
        return self._awaited is not None

    @property
    def news(self) -> bool:
        """Whether `facts` has any."""
        return bool(self._facts)

    def play(self, prompt: PlayPrompt) -> None:
        """Play a prompt; one that is still playing ends as interrupted."""
        if self._now is not None:
            self._end(PromptEnd.INTERRUPTED, None)
        playing = self._now = _Playing(prompt, [None] * len(prompt.clips))
        for index, clip in enumerate(prompt.clips):
            try:
                if clip.tone is not None:
                    playing.clips[index] = beep()
                elif clip.dynamic:
                    playing.clips[index] = self._prompts.joined(clip)
                    if playing.clips[index] is None:
                        self._order(playing, index, clip)
                    else:
                        playing.spoken_by(self._prompts.spoken_by(clip))
                else:
                    playing.clips[index] = self._prompts.pcm(clip)
                    playing.spoken_by(self._prompts.spoken_by(clip))
            except IvrError:
                self._end(PromptEnd.FAILED, None)
                return
        self._begin_if_complete(playing)

    def synthesized(self, request_id: int, pcm: bytes | None, voice: str = "") -> None:
        """A clip was spoken, by this voice; None: it cannot be."""
        playing = self._now
        if playing is None or request_id not in playing.waiting:
            return
        if pcm is None:
            self._end(PromptEnd.FAILED, None)
            return
        playing.clips[playing.waiting.pop(request_id)] = pcm
        playing.spoken_by(voice or UNKNOWN_VOICE)
        self._begin_if_complete(playing)

    def stop(self, prompt_id: int, sample: int) -> None:
        """Silence at once, if that prompt is the one in hand."""
        if self._now is not None and self._now.prompt.prompt_id == prompt_id:
            self._end(PromptEnd.INTERRUPTED, sample)

    def hold(self, prompt_id: int | None) -> bool:
        """Send silence until `resume` or `stop`; False: that prompt is not in hand, or is a disclosure."""
        playing = self._now
        if playing is None or playing.prompt.prompt_id != prompt_id or playing.prompt.disclosure is not None:
            return False
        playing.held = True
        return True

    def resume(self, prompt_id: int | None) -> None:
        """Go on with it where it stopped, if it is still in hand."""
        playing = self._now
        if playing is not None and playing.prompt.prompt_id == prompt_id and playing.held:
            playing.held = False
            playing.silences, playing.silence = playing.silences + playing.silence, 0

    def start_music(self) -> None:
        """Music whenever no prompt plays."""
        if self._music_at is None:
            self._music_at = 0

    def stop_music(self) -> None:
        """No music any more."""
        self._music_at = None

    def frame(self, sample: int) -> bytes | None:
        """What to send at this sample; None: nothing of ours."""
        playing = self._now
        if playing is None or not playing.pcm:
            return self._music_frame()
        if playing.first_sample is None:
            if playing.held:
                return None
            if playing.prompt.disclosure is not None:
                playing.before = self._stats()
                if playing.before.gathered:
                    return self._music_frame()
            playing.first_sample = sample
            self._facts.append(PromptStarted(playing.prompt.prompt_id, sample))
        if playing.sent_by is not None:
            return None  # all of it left; what is still to be known of it comes in silence
        if playing.held:
            playing.silence += 1
            return None
        frame = playing.pcm[playing.position : playing.position + FRAME_BYTES]
        playing.position += FRAME_BYTES
        return frame

    def sent(self, sample: int) -> None:
        """The frame for `sample` left; a prompt whose last frame it was has ended."""
        playing = self._now
        if playing is None or not playing.pcm or playing.position < len(playing.pcm):
            return
        if playing.sent_by is None:
            playing.sent_by = sample + FRAME_SAMPLES
            if playing.before is not None:
                missing = -(playing.position // SAMPLE_BYTES) % playing.before.packet_samples
                playing.filling = -(-missing // FRAME_SAMPLES)
        elif playing.filling:
            playing.filling -= 1
        if playing.filling:
            return
        if playing.before is None or self._is_known(playing, playing.before, sample):
            self._end(PromptEnd.COMPLETED, playing.sent_by)

    def ahead(self, frames: int) -> bytes | None:
        """What goes out in the next frames, as long as nothing of it must be looked at: silence follows where it ends.

        None: the next frame must be: a prompt's first and last one, and silence in which a far end may show itself.
        """
        playing = self._now
        if playing is None or not playing.pcm:
            return b"" if self._music_at is None else self._music_ahead(self._music_at, frames)
        if playing.first_sample is None or playing.sent_by is not None:
            return None
        if playing.held:
            return b""
        last = len(playing.pcm) - FRAME_BYTES
        until = min(playing.position + frames * FRAME_BYTES, last)
        return playing.pcm[playing.position : until] or None

    def passed(self, frames: int) -> None:
        """So many frames of what `ahead` told have left."""
        playing = self._now
        if playing is not None and playing.pcm and playing.held:
            playing.silence += frames
        elif playing is not None and playing.pcm:
            playing.position += frames * FRAME_BYTES
        elif self._music_at is not None and self._music:
            self._music_at = (self._music_at + frames * FRAME_BYTES) % self._music_bytes

    def _is_known(self, playing: _Playing, before: LegStats, sample: int) -> bool:
        """Whether nothing more will be known of the far end: it showed itself, or it had its time."""
        assert playing.first_sample is not None
        stats = self._stats()
        playing.after = playing.after or stats
        return not _is_silent(before, stats) or sample - playing.first_sample >= samples(SIGN_SECONDS)

    def check(self) -> None:
        """Look whether the far end has reported on the last disclosure; five times a second."""
        awaited = self._awaited
        if awaited is None:
            return
        awaited.checks += 1
        stats = self._stats()
        if stats.streams != awaited.before.streams:
            self._awaited = None  # nobody will report on the stream that it left in
            return
        if stats.reports > awaited.reports:
            self._facts.append(LossReported(awaited.prompt_id, _loss(awaited.before, stats)))
        elif awaited.checks >= REPORT_CHECKS and stats.signs == awaited.signs:
            # Both ways may be dead since any moment: what they said before is no evidence of what they heard since.
            self._gone_at = stats.signs
            self._facts.append(LossReported(awaited.prompt_id, 1.0))
        if stats.reports > awaited.reports or awaited.checks >= REPORT_CHECKS:
            self._awaited = None

    def facts(self) -> list[PlayerFact]:
        """What happened since the last call."""
        facts, self._facts = self._facts, []
        return facts

    def _order(self, playing: _Playing, index: int, clip: Clip) -> None:
        self._requests += 1
        playing.waiting[self._requests] = index
        self._speech.synthesize(self._requests, clip.text, clip.language, clip.voice)

    def _begin_if_complete(self, playing: _Playing) -> None:
        if playing.waiting:
            return
        pcm = b"".join(clip for clip in playing.clips if clip is not None)
        if not pcm:
            self._end(PromptEnd.COMPLETED, None)
            return
        # Whole frames: the last one is filled with silence, and the hash covers exactly what is sent.
        playing.pcm = pcm + bytes(-len(pcm) % FRAME_BYTES)

    def _end(self, end: PromptEnd, last_sample: int | None) -> None:
        playing, self._now = self._now, None
        assert playing is not None
        report = None
        if playing.first_sample is not None:
            sent = min(playing.position, len(playing.pcm)) // SAMPLE_BYTES + playing.silences * FRAME_SAMPLES
            if last_sample is None or playing.held:
                last_sample = playing.first_sample + sent  # the silence at the end is none of it
            report = self._report(playing, playing.first_sample, last_sample)
        self._facts.append(PromptEnded(playing.prompt.prompt_id, end, report))

    def _report(self, playing: _Playing, first: int, last: int) -> PlayReport:
        report = PlayReport(
            audio_sha256=hashlib.sha256(playing.pcm).hexdigest(),
            length=len(playing.pcm) // SAMPLE_BYTES,
            first_sample=first,
            last_sample=last,
            packets_sent=playing.position // FRAME_BYTES,
            loss=None,
            held=playing.silences * FRAME_SAMPLES,
            voices=tuple(playing.voices),
        )
        before = playing.before
        if before is None:
            return report
        now = self._stats()
        self._awaited = _Awaited(playing.prompt.prompt_id, before, now.reports, now.signs)
        return replace(
            report,
            packets_sent=(playing.after or now).packets_sent - before.packets_sent,
            loss=_loss(before, now) if now.reports > before.reports else None,
            packet_samples=before.packet_samples,
            restarted=now.streams != before.streams,
            silent=_is_silent(before, now) or now.signs == self._gone_at,
        )

    def _music_frame(self) -> bytes | None:
        if self._music_at is None or not self._music:
            return None
        frame = self._music[self._music_at : self._music_at + FRAME_BYTES]
        self._music_at = (self._music_at + FRAME_BYTES) % self._music_bytes
        return frame

    def _music_ahead(self, begin: int, frames: int) -> bytes:
        end = begin + frames * FRAME_BYTES
        return self._music[begin : min(end, self._music_bytes)] + self._music[: max(0, end - self._music_bytes)]


def _is_silent(before: LegStats, after: LegStats) -> bool:
    """Whether the far end has never reported, and nothing came from it between two looks."""
    return after.reports == 0 and after.signs == before.signs


def _loss(before: LegStats, after: LegStats) -> float:
    """Share of the packets sent between two looks that the far end reported lost, 0..1."""
    sent = after.packets_sent - before.packets_sent
    lost = after.packets_lost_there - before.packets_lost_there
    return min(1.0, max(0.0, lost / sent)) if sent > 0 else 0.0
