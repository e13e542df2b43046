"""The `ivr` command. Each group lives in a file of its own and is imported only when it is called."""

from __future__ import annotations

import difflib
import importlib
import sys

import click

from ivr import __version__
from ivr.errors import IvrError

# Command -> module below ivr.apps.cli, and the line that `ivr --help` shows (so that help imports nothing heavy).
COMMANDS: dict[str, tuple[str, str]] = {
    "accounts": ("accounts", "Customers' PINs and one-time codes, and accounts that were tried too often."),
    "agents": ("agents", "Agents: add, list, remove, pause, resume."),
    "alarms": ("alarms", "What someone must look at now: list, acknowledge."),
    "audit": ("audit", "The audit log: read, verify, prove."),
    "callbacks": ("callbacks", "Callback requests: list, take, close."),
    "calls": ("calls", "Calls that go on now: list, follow what is said."),
    "check": ("dialplan", "Find every error in dialplans."),
    "database": ("database", "The database of the records: move it to PostgreSQL, or back."),
    "demo": ("demo", "Dial in with a robot caller and show the whole call."),
    "desk": ("desk", "Your own desk, if you take calls: pause, hold, consult, transfer."),
    "diff": ("dialplan_prove", "What changed for callers between two dialplans."),
    "edge": ("edge", "The SIP edge: show callers a renewed certificate."),
    "graph": ("dialplan_prove", "Draw a dialplan."),
    "host": ("host", "Other hosts that work for this engine: add, list, remove, serve."),
    "inspect": ("inspect", "What rules find in sealed calls; try a change of rules."),
    "keys": ("keys", "The key store: make, list, rotate, recover, move."),
    "drafts": ("drafts", "Drafts of dialplans that the office keeps: begin, save, show, drop."),
    "models": ("models", "Speech models: list, get, check."),
    "queue": ("queue", "Queues: who waits and why; simulate and plan."),
    "receipt": ("receipt", "Receipts that a customer can check: make, verify."),
    "publications": ("publications", "What is live and what was: list, approve, roll back."),
    "publish": ("publish", "Make dialplans live."),
    "prompts": ("prompts", "What is said to callers, spoken ahead: render, list, check."),
    "prove": ("dialplan_prove", "Prove that no warning can be skipped."),
    "reports": ("reports", "Figures for those who answer for the line: make, and list the calls behind one."),
    "recordings": ("recordings", "List, show, play and export sealed recordings."),
    "replay": ("dialplan_replay", "Run a real call's journal through the core again."),
    "retention": ("retention", "How long recordings are kept: holds, erasure."),
    "review": ("review", "Calls that people judge: queue, submit, agreement, appeal."),
    "roles": ("roles", "Who may do what: grant, revoke, list."),
    "serve": ("serve", "Run the engine."),
    "settings": ("settings", "Show and check the settings."),
    "simulate": ("dialplan", "Talk to a dialplan in the terminal."),
    "status": ("status", "What the engine does now."),
    "test": ("dialplan", "Run the scenarios beside dialplans."),
    "tokens": ("tokens", "Tokens for machines: make, list, revoke."),
    "trunks": ("trunks", "Trunks by which numbers are called: list."),
    "users": ("users", "Users of the console: add, invite, disable, reset; sessions."),
    "versions": ("dialplan_versions", "Every version of a dialplan that was served."),
    "voiceprint": ("voiceprint", "Voiceprints: enrol with consent, renew, revoke; measure and calibrate."),
    "voices": ("voices", "Voices of the prompts: list, say."),
    "watchlist": ("watchlist", "Voices that the line is to notice: add for a while, list, remove."),
    "webhooks": ("webhooks", "Signed notices to systems outside."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `ivr.apps.cli.<module>` and take its attribute `<command>`."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ivr.apps.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; a mistyped command is told its neighbour."""
        near = difflib.get_close_matches(args[0], COMMANDS, n=1)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ivr")
def cli() -> None:
    """A telephone engine for banks that can prove what it did.

    \b
    Examples:
      ivr serve                     run the engine with the settings in ivr.yaml
      ivr check dialplans/          find every error in the dialplans
      ivr recordings list           the latest calls
      ivr demo                      a robot caller goes through three errands
    """


def main() -> None:
    """Entry point: errors of ours become one line and their exit code."""
    try:
        if any("AGE-" in word.upper() for word in sys.argv[1:]):
            from ivr.engine.office.office import refuse_secret_keys

            refuse_secret_keys(sys.argv[1:])
        # Outside of its standalone mode click returns the code of `Context.exit`.
        code = cli(standalone_mode=False)
    except IvrError as error:
        click.echo(f"ivr: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("ivr: stopped", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
