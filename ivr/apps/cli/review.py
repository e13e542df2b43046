"""`ivr review`: people judge calls by a scorecard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.text import read_text
from ivr.apps.cli.options import office_option
from ivr.core.call.masked import masked_address
from ivr.core.codec import plain
from ivr.core.media.frame import seconds
from ivr.core.review.kappa import Agreement
from ivr.core.review.machine import scored
from ivr.core.review.review import AppealOutcome, Review
from ivr.core.review.scorecard import Answer, Score, Scorecard
from ivr.core.review.scorecard_file import load_scorecard
from ivr.engine.office import review_queue, scorecards
from ivr.engine.office import reviews as office_reviews
from ivr.engine.office.office import Office
from ivr.engine.office.own_desk import AtDesk
from ivr.engine.office.review_queue import ReviewQueueAsked, Waits
from ivr.engine.office.reviews import Appeal, Compare, Compared, Decide, OpenReview, SubmitReview
from ivr.engine.office.scorecards import ApproveCard, ListCards, PublishCard

REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
NO_CARD = "No scorecard is published yet: ivr review publish FILE --reason '...'"


@click.group()
def review() -> None:
    """Calls that people judge: which is next, what they say, how well they agree, appeals.

    \b
    Examples:
      ivr review check scorecard.yaml                      every error with its line
      ivr review publish scorecard.yaml --reason "..."     judge calls by it from now on
      ivr review queue                                     which calls wait, the riskiest first
      ivr recordings play CALL                             hear one
      ivr review show CALL                                 its questions
      ivr review submit CALL --answer greeting=yes --answer risk=no --notes "..."
      ivr review agreement                                 how well reviewers agree
      ivr review own                                       as the agent: what was said of their calls
      ivr review appeal REVIEW --reason "..."              as the agent
      ivr review decide REVIEW --outcome void --reason "..."   as somebody else
    """


@review.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts: ids and reasons alone.")
@office_option
def queue(office: Office, limit: int, as_json: bool) -> None:
    """Show which calls wait for you, the riskiest first; appeals that wait; and the latest reviews."""
    found = review_queue.queue(office, ReviewQueueAsked(limit))
    if as_json:
        waiting = [{"call": one.record.call_id, "risk": one.risk, "reasons": _names(one)} for one in found.waiting]
        appeals = [one.review_id for one in found.appeals]
        click.echo(json.dumps({"waiting": waiting, "more": found.more, "below": found.below, "appeals": appeals}))
        return
    for one in found.waiting:
        record = one.record
        who = ",".join(record.agents) or "-"
        caller = masked_address(record.caller)
        click.echo(f"{one.risk:>4}  {_time(record.started_at)}  {caller:8}  {who:12}  {record.call_id}")
        click.echo(f"      {', '.join(name.replace('_', ' ') for name in _names(one))}")
    click.echo(f"{len(found.waiting)} calls wait for you" + (f", and {found.more} more." if found.more else "."))
    if found.below:
        click.echo(
            f"{found.below} more have reasons and wait for nobody: they are not among the riskiest of their day."
        )
    for appealed in found.appeals:
        click.echo(f"appeal    {_line(appealed)}")
    for latest in found.latest:
        click.echo(f"review    {_line(latest)}")
    if found.damaged:
        click.echo(f"{found.damaged} records or reviews are damaged and not shown.", err=True)
    if not found.has_cards:
        click.echo(NO_CARD, err=True)


@review.command()
@click.argument("call")
@click.option("--language", default="en", show_default=True, help="Of the questions.")
@office_option
def show(office: Office, call: str, language: str) -> None:
    """Show a call's questions, and what was said of it: not while you may still judge it yourself."""
    found = office_reviews.show(office, OpenReview(call))
    click.echo(f"call      {found.record.call_id}, queue {found.queue or '-'}, language {found.record.language or '-'}")
    click.echo(f"agents    {', '.join(found.record.agents) or '-'}")
    click.echo(f"reasons   {', '.join(one.name.replace('_', ' ') for one in found.whys) or 'none'}")
    if found.may_judge and found.card is not None:
        click.echo(f"card      {found.card.title}, passed from {found.card.pass_from} %")
        _ask(found.card, language)
    elif found.may_judge:
        click.echo("card      none fits: ivr review publish FILE --reason '...'")
    else:
        click.echo(f"closed    {found.refusal}")
    for each in found.found:
        click.echo(f"found     at {seconds(each.first_sample):.1f} s  {each.severity}  {each.rule}: {each.what}")
    if found.withheld:
        click.echo("found     told when you have judged the call: chance drew it, to learn what rules miss")
    for one, card in found.reviews:
        _print(one, card, language, scored(card, found.machine) if card is not None else None)


@review.command()
@click.argument("call")
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=yes|no|not_applicable", help="One a question.")
@click.option("--notes", default="", help="What the agent should read.")
@click.option("--agent", default="", help="Whom it is about, of the call's agents; by default the last one.")
@office_option
def submit(office: Office, call: str, answers: tuple[str, ...], notes: str, agent: str) -> None:
    """Hand in what you say of a call."""
    given = tuple(map(_answer, answers))
    done = office_reviews.submit(office, SubmitReview(call, given, notes, agent))
    click.echo(f"Handed in: {_line(done)}")


@review.command()
@click.option("--days", default=90.0, show_default=True, type=click.FloatRange(min=0.01))
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@office_option
def agreement(office: Office, days: float, as_json: bool) -> None:
    """Show how well two reviewers agree beyond chance: Cohen's kappa with its 95 % interval."""
    found = office_reviews.compare(office, Compare(days))
    if as_json:
        click.echo(json.dumps(_listed(found)))
        return
    click.echo(f"{found.calls} calls were judged by two persons, by the same card.")
    for one in (found.together, *found.reviewers, *found.questions):
        click.echo(f"{_agreed(one.agreement)}  {' '.join(one.what) or 'all answers'}")


@review.command()
@click.option("--language", default="en", show_default=True, help="Of the questions.")
@office_option
def own(office: Office, language: str) -> None:
    """Show what was said of you, if you take calls."""
    for one in office_reviews.own(office, AtDesk()):
        _print(one.review, one.card, language)


@review.command()
@click.argument("review_id", metavar="REVIEW")
@REASON
@office_option
def appeal(office: Office, review_id: str, reason: str) -> None:
    """Ask that another person decides about a review of you."""
    office_reviews.appeal(office, Appeal(review_id, reason=reason))
    click.echo("Entered: somebody who neither judged the call nor took it decides.")


@review.command()
@click.argument("review_id", metavar="REVIEW")
@click.option(
    "--outcome", required=True, type=click.Choice([str(one) for one in AppealOutcome]), help="void: counts no more."
)
@REASON
@office_option
def decide(office: Office, review_id: str, outcome: str, reason: str) -> None:
    """Decide an appeal."""
    office_reviews.decide(office, Decide(review_id, AppealOutcome(outcome), reason=reason))
    click.echo({"void": "The review counts no more.", "stands": "The review stands."}[outcome])


@review.command()
@FILE
def check(file: Path) -> None:
    """Find every error in a scorecard."""
    card = load_scorecard(read_text(file), source=str(file))
    click.echo(f"{card.title} is sound: {len(card.questions)} questions, SHA-256 {card.sha256[:16]}...")


@review.command()
@office_option
def cards(office: Office) -> None:
    """List the scorecards by which calls are judged now."""
    found = scorecards.cards(office, ListCards())
    if not found:
        click.echo(NO_CARD, err=True)
    for one in found:
        card = one.what
        what = f"queues {', '.join(card.queues) or 'all'}, languages {', '.join(card.languages) or 'all'}"
        click.echo(f"{card.title:24}  {len(card.questions):>2} questions  {what}  since {_time(one.at)} by {one.by}")


@review.command()
@FILE
@click.option("--for", "publisher", required=True, help="Who publishes it.")
@REASON
@office_option
def approve(office: Office, file: Path, publisher: str, reason: str) -> None:
    """Let somebody else publish this very text, within a day."""
    asked = ApproveCard(read_text(file), str(file), publisher, reason=reason)
    click.echo(f"{scorecards.approve(office, asked).title} may be published by {publisher} within a day.")


@review.command()
@FILE
@REASON
@office_option
def publish(office: Office, file: Path, reason: str) -> None:
    """Judge calls by this scorecard from now on. Reviews keep the version by which they were made."""
    card = scorecards.publish(office, PublishCard(read_text(file), str(file), reason=reason))
    click.echo(f"{card.title} is live.")


def _answer(typed: str) -> tuple[str, Answer]:
    question, _, answer = typed.partition("=")
    try:
        return question, Answer(answer)
    except ValueError:
        raise click.UsageError(f"--answer {typed}: write QUESTION=yes, =no or =not_applicable") from None


def _names(one: Waits) -> list[str]:
    return [why.name for why in one.whys]


def _ask(card: Scorecard, language: str) -> None:
    for one in card.questions:
        critical = ", no fails the call" if one.critical else ""
        click.echo(f"  {one.name:24}  weight {one.weight}{critical}\n    {one.text(language)}")


def _print(
    one: Review, card: Scorecard | None, language: str, machine: tuple[Mapping[str, Answer], Score] | None = None
) -> None:
    click.echo(f"\nreview    {_line(one)}")
    asked = {question.name: question.text(language) for question in card.questions} if card is not None else {}
    for question, answer in one.answers:
        beside = f"  (machine: {machine[0][question]})" if machine is not None and question in machine[0] else ""
        click.echo(f"  {str(answer).replace('_', ' '):14}  {asked.get(question, question)}{beside}")
    if machine is not None:
        click.echo(f"  the machine's answers alone come to {machine[1].percent} %")
    if one.notes:
        click.echo(f"  notes: {one.notes}")
    if one.appeal is not None:
        click.echo(f"  appeal of {one.appeal.by}, {_time(one.appeal.at)}: {one.appeal.reason}")
    if one.decided is not None:
        said = one.decided.said
        click.echo(f"  {one.decided.outcome}, by {said.by}, {_time(said.at)}: {said.reason}")


def _line(one: Review) -> str:
    percent = "no question applied" if one.score.percent is None else f"{one.score.percent} %"
    result = "passed" if one.score.passed else "failed"
    state = f", {one.decided.outcome}" if one.decided else ", appealed" if one.appeal else ""
    return (
        f"{one.review_id}  {_time(one.at)}  {one.card}  {percent}, {result}{state}  {one.agent or '-'}  {one.call_id}"
    )


def _agreed(one: Agreement) -> str:
    share = f"{one.agreed} of {one.pairs} alike"
    if one.kappa is None or one.low is None or one.high is None:
        return f"{share:24}  kappa says nothing"
    return f"{share:24}  kappa {one.kappa:5.2f} ({one.low:5.2f} to {one.high:5.2f})"


def _listed(found: office_reviews.AgreementFound) -> dict[str, object]:
    def listed(rows: list[Compared]) -> list[object]:
        return [plain(one) for one in rows]

    together = plain(found.together)
    return {
        "calls": found.calls,
        "together": together,
        "reviewers": listed(found.reviewers),
        "questions": listed(found.questions),
    }


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
