"""A move of all records to another database, made from the settings; and the note that it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from ivr.apps.settings import Settings
from ivr.apps.settings_sections import DatabaseSettings
from ivr.durable import write_durably
from ivr.errors import OperatorError, SettingsError


def heirs_settings(settings: Settings, url: str, password_file: Path | None) -> Settings:
    """The same settings with the other database. Raises OperatorError: it is this one, or it has no sense."""
    try:
        database = DatabaseSettings(url=url, password_file=password_file)
    except ValidationError as error:
        said = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise OperatorError(f"--to: {said.removeprefix('Value error, ')}") from error
    if url == settings.database_url:
        raise OperatorError("the records are in that database already, by the settings")
    return settings.model_copy(update={"database": database})


def move_records(settings: Settings, target: Settings, tell: Callable[[str], None]) -> Mapping[str, int]:
    """Copy all of them and note it; returns how many rows each table has. Raises IvrError; then nothing was moved."""
    from ivr.adapters.sql.carry import carry
    from ivr.apps.wiring.vault import database

    source, heir = database(settings), database(target, moving=True)
    try:
        counts = carry(source, heir, tell)
    finally:
        source.dispose()
        heir.dispose()
    moved = {"from": settings.database_url, "to": target.database_url}
    write_durably(moved_note(settings), json.dumps(moved).encode())
    return counts


def moved_note(settings: Settings) -> Path:
    """Where the last move is noted."""
    return settings.data_dir / "database-moved.json"


def refuse_left_database(settings: Settings) -> None:
    """Raises SettingsError when the settings still name the database that the records left.

    What went on in it would be missing in the other one.
    """
    try:
        moved = json.loads(moved_note(settings).read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{moved_note(settings)} cannot be read: remove it, once you know which database has the records"
        ) from error
    if moved.get("from") == settings.database_url:
        raise SettingsError(f"the records were moved: set `database: {{url: {moved.get('to')}}}` in the settings")
