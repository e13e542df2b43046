"""`ivr voiceprint`: enrolled voices, and how well they are told apart. Nothing of a voice is printed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from ivr.apps.cli.options import office_option, settings_option
from ivr.apps.settings import Settings
from ivr.core.identity.calibration import Trial
from ivr.core.media.wav import read_wav
from ivr.durable import translated
from ivr.engine.office import voiceprints
from ivr.engine.office.office import Office
from ivr.errors import OperatorError

PLOTS = (".svg", ".png")


def _plot_name(_context: click.Context, _option: click.Parameter, det: Path | None) -> Path | None:
    """Looked at before anything is compared, which may take minutes."""
    if det is not None and det.suffix.lower() not in PLOTS:
        raise OperatorError(f"{det}: a plot is written as {' or '.join(PLOTS)}; end the file's name so.")
    return det


det_option = click.option(
    "--det",
    type=click.Path(path_type=Path),
    callback=_plot_name,
    help="Write the DET plot there: a drawing (.svg) or a picture (.png).",
)


@click.group()
def voiceprint() -> None:
    """Voiceprints: enrol with consent, list, renew, revoke; measure and calibrate.

    \b
    Examples:
      ivr voiceprint enroll 10012345 first.wav second.wav third.wav --consent "call 7f3a9c" --keep-audio
      ivr voiceprint list
      ivr voiceprint renew                       after a change of model, where the consent covers it
      ivr voiceprint revoke 10012345             erases templates, recordings, and what was heard
      ivr voiceprint eval trials.tsv --det det.png
      ivr voiceprint calibrate trials.tsv --to calibration.json

    A cloned voice is not detected: a voice adds to what a caller knows, and never stands alone.
    Voiceprints are biometric data: enrol nobody without their explicit, separate consent (check with counsel).
    """


@voiceprint.command()
@click.argument("customer")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", required=True, help="Where the customer's consent is recorded: a call, a form.")
@click.option("--keep-audio", is_flag=True, help="It covers keeping the recordings, sealed, for another model.")
@click.option("--machine", is_flag=True, help="It is a robot's voice (one that watches the line): never of a person.")
@office_option
def enroll(
    office: Office, customer: str, files: tuple[Path, ...], consent: str, keep_audio: bool, machine: bool
) -> None:
    """Enrol a customer's voice from WAV files of their speech, replacing what was enrolled before.

    At least three recordings of five seconds, of the customer alone, in a quiet place, over the telephone.
    """
    asked = voiceprints.Enrol(customer, (_heard(path) for path in files), consent, keep_audio, machine)
    made = voiceprints.enrol(office, asked)
    length = sum(template.speech_seconds for template in made.templates)
    click.echo(f"Enrolled with {len(made.templates)} recordings, {length:.0f} s of speech ({made.model}).")
    kept = "are kept, sealed" if keep_audio else "are not kept: another model needs the customer again"
    if machine:
        click.echo("A machine's voice: who plays a recording of it is taken for it. Give its account nothing to lose.")
    click.echo(f"The recordings {kept}. To take the consent back: ivr voiceprint revoke CUSTOMER")


@voiceprint.command("list")
@office_option
def list_voices(office: Office) -> None:
    """Show who is enrolled."""
    found = voiceprints.list_voices(office, voiceprints.ListVoices())
    for one in found.voiceprints:
        at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(max(item.enrolled_at for item in one.templates)))
        consent = "no consent entered" if one.consent is None else f"consent: {one.consent.evidence}"
        of = f"{len(one.templates)} recordings   {at} UTC   {one.model}   {consent}"
        click.echo(f"{one.customer:24} {of}")
    if not found.voiceprints:
        click.echo("Nobody is enrolled: ivr voiceprint enroll CUSTOMER FILE…")
    if found.outdated:
        click.echo(
            f"{len(found.outdated)} of {len(found.voiceprints)} were enrolled with another model than {found.model}: "
            "they open nothing until they are renewed (ivr voiceprint renew) or enrolled again."
        )


@voiceprint.command()
@office_option
def renew(office: Office) -> None:
    """Have the model of now learn every voice that it does not know, from the recordings kept with consent.

    Stop it whenever you like: asked again, it goes on where it was. Exit code 1: somebody must be enrolled again.
    """
    renewed = left = 0
    why: dict[str, int] = {}
    for one in voiceprints.renew(office, voiceprints.RenewVoices()):
        renewed += one.renewed
        left += not one.renewed
        if not one.renewed:
            why[one.why_not] = why.get(one.why_not, 0) + 1
        click.echo(f"\r{one.done} of {one.of}", nl=False, err=True)
    if renewed + left:
        click.echo("", err=True)
    click.echo(f"Renewed: {renewed}. Not renewed: {left}.")
    for reason, count in why.items():
        click.echo(f"  {count}: {reason}")
    if left:
        click.get_current_context().exit(1)


@voiceprint.command()
@click.argument("customer")
@office_option
def revoke(office: Office, customer: str) -> None:
    """Take a customer's consent back: erase their templates, recordings, and what was heard of them, at once."""
    for one in voiceprints.forget_voice(office, voiceprints.ForgetVoice(customer)):
        click.echo(f"Erased: {one.kind}; its key (SHA-256 of the wrapped one) {one.key[:16]}… is shredded.")
    click.echo("The audit log holds the proof (voice.removed).")


@voiceprint.command("eval")
@click.argument("trials", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@det_option
@settings_option
def evaluate(settings: Settings, trials: Path, det: Path | None) -> None:
    """Measure on your own trials: EER, misses, minDCF, Cllr, and what the costs of the settings decide.

    TRIALS has tab-separated columns with a header: `enrolled` (WAV files, parted by ;), `test` (a WAV file) and `same`
    (1: the same person, 0: another); files are looked for beside it. Or `score`, `seconds` and `same`, of comparisons
    that were made before.
    """
    from ivr.apps.wiring.voice_trials import measured, read_trials

    found, model = read_trials(settings, trials, _progress)
    click.echo(measured(settings, found, model))
    _plot(found, model, det)


@voiceprint.command()
@click.argument("trials", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="The new file.")
@det_option
@settings_option
def calibrate(settings: Settings, trials: Path, target: Path, det: Path | None) -> None:
    """Make a calibration of your own trials (see eval), for `voice: {calibration: FILE}` of the settings.

    Judge it by other trials than it was made of: ivr voiceprint eval OTHERS.
    """
    from ivr.adapters.files.calibration import calibration_text
    from ivr.apps.wiring.voice_trials import read_trials
    from ivr.core.identity.calibration import fitted

    found, model = read_trials(settings, trials, _progress)
    try:
        made = fitted(found, model)
    except ValueError as error:
        raise OperatorError(f"{trials}: {error}.") from error
    with translated(f"{target} cannot be written"), target.open("x", encoding="utf-8") as file:
        file.write(calibration_text(made))
    click.echo(f"{target}: of {made.same} trials of the same voice and {made.others} of others ({model}).")
    if made.llr(1.0, 5.0) < settings.voice.costs().thresholds().accept:
        click.echo("So few others cannot carry the costs of the settings: no voice would be accepted. Add trials.")
    _plot(found, model, det)


def _plot(trials: Sequence[Trial], model: str, det: Path | None) -> None:
    from ivr.apps.wiring.voice_trials import plot

    if det is not None:
        plot(trials, model, det)
        click.echo(f"DET plot: {det}")


def _progress(done: int, of: int) -> None:
    click.echo(f"\r{done} of {of}", nl=done == of, file=sys.stderr)


def _heard(path: Path) -> bytes:
    with translated(f"{path} cannot be read"):
        data = path.read_bytes()
    return read_wav(data, path.name)
