"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

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
