"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings

CONFIG = "ivr.config"
"""Where the click context keeps the value of `--config`, for the programs that a command starts."""
Command = TypeVar("Command", bound=Callable[..., object])


def _read(ctx: click.Context, param: click.Parameter, value: Path | None) -> Settings:
    ctx.meta[CONFIG] = value
    return load_settings(value)


def settings_option(command: Command) -> Command:
    """Add `--config FILE`; the command receives the settings as `settings`."""
    return click.option(
        "--config",
        "settings",
        type=click.Path(path_type=Path),
        callback=_read,
        help="Settings file (default: $IVR_CONFIG, then ivr.yaml if there is one).",
    )(command)


def office_option(command: Command) -> Command:
    """The same, and the command receives the office as `office` instead, open until it ends."""

    @functools.wraps(command)
    def run(*arguments: Any, settings: Settings, **named: Any) -> object:
        from ivr.apps.wiring.office import office

        with office(settings) as opened:
            return command(*arguments, office=opened, **named)

    return settings_option(run)  # type: ignore[return-value]


def office_and_settings_option(command: Command) -> Command:
    """Both: `office` and `settings`."""

    @functools.wraps(command)
    def run(*arguments: Any, settings: Settings, **named: Any) -> object:
        from ivr.apps.wiring.office import office

        with office(settings) as opened:
            return command(*arguments, settings=settings, office=opened, **named)

    return settings_option(run)  # type: ignore[return-value]
