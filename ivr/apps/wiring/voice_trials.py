"""An operator's list of trials: read, compared by the model of the settings, measured."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivr.adapters.reports.png_file import png_file
from ivr.apps.settings import Settings
from ivr.apps.wiring.voices import calibration, model_name, voice_model
from ivr.core.identity.calibration import Trial
from ivr.core.identity.measures import SHARE_TAKEN, cost_of_ratios, curve, det_plot
from ivr.core.identity.voiceprint import Template, Voiceprint, similarity
from ivr.core.media.frame import SAMPLE_BYTES, seconds
from ivr.core.media.wav import read_wav
from ivr.durable import translated
from ivr.engine.speech.voices import VoiceModel
from ivr.errors import OperatorError

COMPARED = {"score", "seconds", "same"}
FILES = {"enrolled", "test", "same"}
SAME = {"1": True, "0": False}


def read_trials(settings: Settings, path: Path, progress: Callable[[int, int], None]) -> tuple[Sequence[Trial], str]:
    """The comparisons, and the model that made them. Raises OperatorError for a list that is none, ModelError."""
    with translated(f"{path} cannot be read"), path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    columns = set(rows[0]) if rows else set()
    if columns >= COMPARED:
        return [_compared(path, line, row) for line, row in enumerate(rows, start=2)], model_name(settings)
    if not columns >= FILES:
        raise OperatorError(f"{path} needs the columns enrolled, test and same (or score, seconds and same).")
    model = voice_model(settings)
    known: dict[str, tuple[list[float], float]] = {}
    trials = []
    for number, row in enumerate(rows):
        templates = [_vector(model, path, name.strip(), known) for name in row["enrolled"].split(";")]
        vector, length = _vector(model, path, row["test"].strip(), known)
        enrolled = Voiceprint("", "", tuple(Template(tuple(one), size, 0.0) for one, size in templates))
        trials.append(Trial(similarity(enrolled, vector), length, _same(path, number + 2, row)))
        progress(number + 1, len(rows))
    return trials, model.embedder.name


def measured(settings: Settings, trials: Sequence[Trial], model: str) -> str:
    """The figures, a line each. Raises OperatorError."""
    same, others = _kinds(trials)
    scores = curve([one.score for one in same], [one.score for one in others])
    limits = settings.voice.costs().thresholds()
    lines = [
        f"{model}: {len(same)} trials of the same voice, {len(others)} of others",
        f"EER {scores.equal_error():.2%}",
        f"missed where {SHARE_TAKEN:.1%} of others are taken: {scores.missed_at():.1%}",
        f"minDCF {scores.least_cost(prior=0.01):.3f} (Ptarget 0.01, costs 1 and 1)",
    ]
    used = calibration(settings, model)
    if used is None:
        lines.append("This embedder is not calibrated: ivr voiceprint calibrate TRIALS --to FILE")
    else:
        right, wrong = ([used.llr(one.score, one.seconds) for one in kind] for kind in (same, others))
        lines.append(f"Cllr {cost_of_ratios(right, wrong):.3f} bits (0: certain and right, 1: says nothing)")
        for name, ratios in (("same voice", right), ("others", wrong)):
            accepted = sum(ratio >= limits.accept for ratio in ratios) / len(ratios)
            rejected = sum(ratio < limits.reject for ratio in ratios) / len(ratios)
            lines.append(
                f"{name}: accepted {accepted:.2%}, unsure {1.0 - accepted - rejected:.2%}, rejected {rejected:.2%}"
            )
        lines.append(f"accepted from a log-likelihood ratio of {limits.accept:.1f}, rejected below {limits.reject:.1f}")
    if len(others) < 3 / SHARE_TAKEN:
        lines.append(f"{len(others)} others cannot tell what happens at {SHARE_TAKEN:.1%}: 3,000 are the least.")
    return "\n".join(lines)


def plot(trials: Sequence[Trial], model: str, target: Path) -> None:
    """Write the DET plot: a picture where the file's name ends in .png, else the drawing. Raises OperatorError."""
    same, others = _kinds(trials)
    drawn = det_plot([(model, curve([one.score for one in same], [one.score for one in others]))])
    data = png_file(drawn) if target.suffix.lower() == ".png" else drawn.encode()
    with translated(f"{target} cannot be written"):
        target.write_bytes(data)


def _kinds(trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial]]:
    same, others = ([one for one in trials if one.same is wanted] for wanted in (True, False))
    if not same or not others:
        raise OperatorError("Both kinds of trials are needed: the same person (1), and others (0).")
    return same, others


def _vector(
    model: VoiceModel, beside: Path, name: str, known: dict[str, tuple[list[float], float]]
) -> tuple[list[float], float]:
    if name not in known:
        file = beside.parent / name
        with translated(f"{file} cannot be read"):
            data = file.read_bytes()
        speech = model.speech(read_wav(data, name))
        known[name] = model.vector(speech), seconds(len(speech) // SAMPLE_BYTES)
    return known[name]


def _compared(path: Path, line: int, row: Mapping[str, str]) -> Trial:
    try:
        return Trial(float(row["score"]), float(row["seconds"]), _same(path, line, row))
    except (ValueError, TypeError) as error:
        raise OperatorError(f"{path}:{line}: score and seconds must be numbers.") from error


def _same(path: Path, line: int, row: Mapping[str, str]) -> bool:
    same = SAME.get((row["same"] or "").strip())
    if same is None:
        raise OperatorError(f"{path}:{line}: same must be 1 or 0.")
    return same
