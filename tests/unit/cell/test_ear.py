"""What the ear makes of speech for the voice (a whole sentence, no more and no less) and of words in free speech."""

from __future__ import annotations

import pytest

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_SAMPLES, SILENT_FRAME
from ivr.core.orders.listening import Grammar, Listen, SpeechEnded, TranscriptReady, VoiceOf
from ivr.core.orders.voice import (
    CollectVoice,
    CompareVoice,
    EnrolVoice,
    RecordVoice,
    StopVoice,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)
from ivr.core.speech.facts import EnrolmentConsent, SpeechFact, TurnJudged
from ivr.engine.cell.caller_voice import SENTENCE_PAUSE_FRAMES
from ivr.engine.cell.ear import Ear
from ivr.testing.fake_speech import FakeFrameVad, FakeSpeechLink, speak

VOICE = speak("a voice that goes on and on")[640:960]
ORDER = CollectVoice(1, "c1", min_speech=2.0, max_wait=8.0)


class NoPrompt:
    """Nothing plays."""

    def hold(self, prompt_id: int | None) -> bool:
        return False

    def resume(self, prompt_id: int | None) -> None:
        pass


class Caller:
    """Speaks frame by frame into an ear."""

    def __init__(self) -> None:
        self.speech: FakeSpeechLink = FakeSpeechLink(voice_scores={"c1": 0.9})
        self.ear = Ear(self.speech, FakeFrameVad(), NoPrompt(), onset_probability=0.7)
        self.ear.gather(ORDER)
        self.sample = 0

    def sounds(self, frame: bytes, seconds: float) -> list[Event]:
        events: list[Event] = []
        for _ in range(round(seconds * 50)):
            self.ear.hear(self.sample, frame)
            self.sample += FRAME_SAMPLES
            for fact in self.speech.pump(0.0):
                self.ear.take(fact)
            events += self.ear.events()
        return events


def test_a_sentence_is_scored_when_it_is_over_not_when_it_is_long_enough() -> None:
    caller = Caller()
    assert caller.sounds(VOICE, 4.0) == []
    (scored,) = caller.sounds(SILENT_FRAME, SENTENCE_PAUSE_FRAMES / 50 + 0.1)
    assert isinstance(scored, VoiceScored)
    assert scored.speech_seconds == pytest.approx(4.0, abs=0.1)


def test_a_pause_between_words_does_not_end_the_sentence() -> None:
    caller = Caller()
    assert caller.sounds(VOICE, 2.5) == []
    assert caller.sounds(SILENT_FRAME, 0.3) == []
    assert caller.sounds(VOICE, 1.0) == []
    assert len(caller.sounds(SILENT_FRAME, 0.8)) == 1


def test_a_caller_who_never_stops_is_scored_in_the_end() -> None:
    caller = Caller()
    (scored,) = caller.sounds(VOICE, 9.0)
    assert isinstance(scored, VoiceScored)


def test_too_little_speech_is_never_scored() -> None:
    caller = Caller()
    caller.sounds(VOICE, 0.4)
    (unscored,) = caller.sounds(SILENT_FRAME, 9.0)
    assert isinstance(unscored, VoiceUnscored)


# --- digits: words and voice of one utterance -----------------------------------------------------------------------


class TwoEars(FakeSpeechLink):
    """Keeps what the recognizer got, and what the embedder got."""

    def __init__(self) -> None:
        super().__init__(voice_scores={"c1": 0.9})
        self.recognized = self.scored = b""

    def audio(self, listen_id: int, pcm: bytes) -> None:
        self.recognized += pcm
        super().audio(listen_id, pcm)

    def verify(self, request_id: int, customer: str, pcm: bytes) -> None:
        self.scored += pcm
        super().verify(request_id, customer, pcm)


class Answerer(Caller):
    """Answers with drawn digits."""

    def __init__(self) -> None:
        super().__init__()
        self.two = self.speech = TwoEars()
        self.ear = Ear(self.two, FakeFrameVad(), NoPrompt(), onset_probability=0.7)
        self.ear.listen(Listen(1, Grammar("en", free=True), end_silence=0.7, voice=VoiceOf(2, "c1")))


def voiced(pcm: bytes) -> bytes:
    frames = [pcm[at : at + 320] for at in range(0, len(pcm), 320)]
    return b"".join(frame for frame in frames if FakeFrameVad().is_speech(frame))


OTHER = speak("somebody else who speaks before and after")[640:960]


def test_what_is_scored_is_the_speech_that_was_recognized_and_nothing_else() -> None:
    caller = Answerer()
    events = caller.sounds(SILENT_FRAME, 0.5)
    for _ in range(3):
        events += caller.sounds(VOICE, 0.6)
        events += caller.sounds(SILENT_FRAME, 0.3)
    events += caller.sounds(SILENT_FRAME, 1.0)
    events += caller.sounds(OTHER, 2.0)
    assert [type(event) for event in events[-3:]] == [SpeechEnded, TranscriptReady, VoiceScored]
    assert caller.two.scored == caller.two.recognized
    assert voiced(caller.two.scored) == VOICE * 90
    scored = events[-1]
    assert isinstance(scored, VoiceScored)
    assert scored.verify_id == 2
    assert scored.speech_seconds == pytest.approx(1.8)


def test_speech_that_was_taken_for_noise_is_neither_recognized_nor_scored() -> None:
    caller = Answerer()
    caller.two.onset_probability = 0.1
    caller.sounds(OTHER, 0.4)
    caller.sounds(SILENT_FRAME, 2.0)
    caller.two.onset_probability = 1.0
    caller.sounds(VOICE, 1.5)
    caller.sounds(SILENT_FRAME, 1.0)
    assert OTHER not in caller.two.scored
    assert caller.two.scored == caller.two.recognized
    assert voiced(caller.two.scored) == VOICE * 75


def test_too_little_speech_in_the_utterance_is_not_scored() -> None:
    caller = Answerer()
    events = caller.sounds(VOICE, 0.6) + caller.sounds(SILENT_FRAME, 1.0)
    assert VoiceUnscored(2, "too little speech") in events
    assert caller.two.scored == b""


def test_a_score_that_nobody_waits_for_is_dropped() -> None:
    caller = Answerer()
    caller.sounds(VOICE, 2.0)
    for at in range(50):
        caller.ear.hear(caller.sample + at * FRAME_SAMPLES, SILENT_FRAME)
    caller.ear.stop_listening(1)
    caller.ear.stop_gathering(StopVoice(2).verify_id)
    for fact in caller.two.pump(0.0):
        caller.ear.take(fact)
    assert not any(isinstance(event, VoiceScored | TranscriptReady) for event in caller.ear.events())


def test_a_question_without_a_voice_keeps_no_speech() -> None:
    caller = Answerer()
    caller.ear.listen(Listen(5, Grammar("en", free=True), end_silence=0.7))
    caller.sounds(VOICE, 2.0)
    caller.sounds(SILENT_FRAME, 1.0)
    assert caller.two.scored == b""


# --- what was said in the call so far ---------------------------------------------------------------------------------


class Talker(Answerer):
    """Says this and that to questions."""

    def answers(self, number: int, seconds: float) -> None:
        self.ear.listen(Listen(number, Grammar("en", free=True), end_silence=0.7))
        self.sounds(VOICE, seconds)
        self.sounds(SILENT_FRAME, 1.0)

    def compared(self, number: int) -> list[Event]:
        self.ear.compare(CompareVoice(number, "c1", min_speech=2.5))
        return self.sounds(SILENT_FRAME, 0.1)


def test_what_was_said_to_several_questions_is_scored_together() -> None:
    caller = Talker()
    caller.answers(1, 1.5)
    caller.sounds(OTHER, 2.0)  # nobody listens: it is no answer
    caller.answers(2, 1.5)
    (scored,) = caller.compared(3)
    assert isinstance(scored, VoiceScored)
    assert scored.speech_seconds == pytest.approx(3.0, abs=0.1)
    assert OTHER not in caller.two.scored
    assert voiced(caller.two.scored) == VOICE * 150


def test_too_little_that_was_said_is_not_scored() -> None:
    caller = Talker()
    caller.answers(1, 1.5)
    assert caller.compared(2) == [VoiceUnscored(2, "too little speech")]
    assert caller.two.scored == b""


def test_what_was_said_is_forgotten_when_another_may_have_come_and_never_grows_without_end() -> None:
    caller = Talker()
    caller.answers(1, 3.0)
    caller.ear.forget_said()
    assert caller.compared(2) == [VoiceUnscored(2, "too little speech")]
    for number in range(3, 9):
        caller.answers(number, 9.0)
    caller.compared(10)
    assert len(caller.two.scored) == 2 * 8000 * 30


# --- an enrolment in a call -------------------------------------------------------------------------------------------


def test_sentences_that_hold_enough_are_enrolled_with_the_calls_consent_and_then_forgotten() -> None:
    caller = Talker()
    caller.ear.stop_listening(1)
    for number, seconds in enumerate((3.0, 1.0, 3.5)):
        caller.ear.gather(RecordVoice(number + 1, 2.0, 4.0, first=number == 0))
        caller.sounds(VOICE, seconds)
        (recorded,) = caller.sounds(SILENT_FRAME, 4.0)
        assert isinstance(recorded, VoiceRecorded)
        assert recorded.speech_seconds == pytest.approx(seconds, abs=0.05)
    order = EnrolVoice(4, "c9", ("voice_consent",), keeps_audio=True)
    caller.ear.enrol(order, "call-1")
    assert caller.sounds(SILENT_FRAME, 0.1) == [VoiceEnrolled(4)]
    consent, recordings = caller.two.enrolled["c9"]
    assert consent == EnrolmentConsent("call call-1: voice_consent", keeps_audio=True)
    assert [voiced(one) for one in recordings] == [VOICE * 150, VOICE * 175]
    caller.ear.enrol(order, "call-1")
    assert caller.sounds(SILENT_FRAME, 0.1) == [VoiceNotEnrolled(4, "enrolled already")]


def test_what_a_caller_recorded_before_it_began_anew_is_not_enrolled() -> None:
    caller = Talker()
    caller.ear.stop_listening(1)
    caller.ear.gather(RecordVoice(1, 2.0, 4.0, first=True))
    caller.sounds(OTHER, 3.0)
    caller.sounds(SILENT_FRAME, 1.0)
    caller.ear.gather(RecordVoice(2, 2.0, 4.0, first=True))
    caller.sounds(VOICE, 3.0)
    caller.sounds(SILENT_FRAME, 1.0)
    caller.ear.enrol(EnrolVoice(3, "c9", ("voice_consent",), keeps_audio=False), "call-1")
    assert [voiced(one) for one in caller.two.enrolled["c9"][1]] == [VOICE * 150]


# --- words that may mean something ----------------------------------------------------------------------------------

BALANCE: dict[str, tuple[str, ...]] = {"balance": ("how much money do I have",), "card": ("I lost my card",)}
SAID = "have I got anything left"


class Asker(Caller):
    """Is asked what they want."""

    def __init__(self) -> None:
        super().__init__()
        self.speech = FakeSpeechLink(meanings={SAID: {"balance": 0.9, "card": 0.1}})
        self.ear = Ear(self.speech, FakeFrameVad(), NoPrompt(), onset_probability=0.7)
        self.ear.listen(Listen(1, Grammar("en", {"card": ("lost card",)}, free=True, like=BALANCE)))

    def says(self, text: str) -> list[TranscriptReady]:
        """The words, and silence until nothing more comes of them."""
        pcm = speak(text)
        frames = [pcm[at : at + 320].ljust(320, b"\0") for at in range(0, len(pcm), 320)]
        events = [event for frame in frames for event in self.sounds(frame, 0.02)]
        return [event for event in events + self.sounds(SILENT_FRAME, 1.0) if isinstance(event, TranscriptReady)]


def test_free_words_come_with_what_they_mean() -> None:
    assert [event.alike for event in Asker().says(SAID)] == [{"balance": 0.9, "card": 0.1}]


def test_words_that_cannot_be_compared_come_without() -> None:
    assert [(event.text, event.alike) for event in Asker().says("nobody knows")] == [("nobody knows", {})]


def test_a_choices_own_words_are_not_compared() -> None:
    caller = Asker()
    caller.speech.meanings["lost card"] = {"balance": 0.9, "card": 0.1}
    assert [(event.choice, event.alike) for event in caller.says("lost card")] == [("card", {})]


def test_a_comparison_that_comes_when_nobody_listens_any_more_is_dropped() -> None:
    caller = Asker()
    held: list[SpeechFact] = []
    compare = caller.speech.compare

    def late(request_id: int, text: str, grammar: Grammar) -> None:
        compare(request_id, text, grammar)
        held.extend(caller.speech.pump(0.0))

    caller.speech.compare = late  # type: ignore[method-assign]
    assert caller.says(SAID) == []
    caller.ear.stop_listening(1)
    for fact in held:
        caller.ear.take(fact)
    assert held
    assert caller.ear.events() == []


# --- pauses ---------------------------------------------------------------------------------------------------------


def silence_that_ended(complete: float | None) -> float:
    """Seconds of silence after which a free answer was over; `complete`: as the pause was judged."""
    caller = Asker()
    pcm = speak("have I got and")
    for at in range(0, len(pcm), 320):
        caller.sounds(pcm[at : at + 320].ljust(320, b"\0"), 0.02)
    caller.sounds(SILENT_FRAME, 0.3)
    if complete is not None:
        caller.ear.take(TurnJudged(1, complete))
    for frame in range(200):
        if any(isinstance(event, SpeechEnded) for event in caller.sounds(SILENT_FRAME, 0.02)):
            return 0.3 + (frame + 1) * 0.02
    raise AssertionError("it never ended")


def test_who_has_not_finished_gets_more_time_and_nobody_gets_less() -> None:
    usual = silence_that_ended(None)
    assert usual == pytest.approx(0.7, abs=0.05)
    assert silence_that_ended(0.9) == usual
    assert silence_that_ended(0.1) == pytest.approx(usual + 0.8, abs=0.001)


def test_a_judgement_of_another_listening_changes_nothing() -> None:
    caller = Asker()
    caller.ear.take(TurnJudged(2, 0.0))
    caller.ear.stop_listening(1)
    caller.ear.take(TurnJudged(1, 0.0))
    assert not caller.ear.busy
