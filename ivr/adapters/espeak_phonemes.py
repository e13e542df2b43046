"""How English sounds, by espeak-ng in a process of its own (GPL: see ADR 9)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

from ivr.errors import EnvironmentFault


class EspeakPhonemes:
    """IPA of English words. Thread-safe; the process starts with the first question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[str] | None = None

    def ipa(self, words: str, *, british: bool) -> str:
        """IPA of words without punctuation, `^` tying letters that are one sound. Raises EnvironmentFault."""
        asked = json.dumps({"voice": "gmw/en" if british else "gmw/en-US", "text": words})
        with self._lock:
            worker = self._running()
            assert worker.stdin is not None
            assert worker.stdout is not None
            try:
                worker.stdin.write(asked + "\n")
                worker.stdin.flush()
                answer = worker.stdout.readline()
            except OSError:
                answer = ""
            if not answer:
                self._end()
                raise EnvironmentFault("espeak-ng gave no phonemes of a text; see that pip check is content.")
        return str(json.loads(answer))

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[str]:
        if self._worker is None:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "ivr.adapters.espeak_phonemes_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()  # closes its pipes
