"""Where lookups are answered: one adapter a source of the settings."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.http_source import HttpSource
from ivr.apps.settings import Settings, SourceSettings
from ivr.apps.settings_file import SQLITE
from ivr.errors import SettingsError
from ivr.ports.data import DataSource


def open_sources(settings: Settings) -> dict[str, DataSource]:
    """Every data source but the demo bank, which has no address yet; nothing is connected. Raises SettingsError."""
    return {name: _open(name, source) for name, source in settings.sources.items() if not source.is_demo_bank}


def _open(name: str, source: SourceSettings) -> DataSource:
    if not source.is_database:
        return HttpSource(source.url, token_file=source.token_file)
    from ivr.adapters.sql_source import SqlSource  # a cell without databases needs no SQLAlchemy: some 15 MB

    try:
        return SqlSource(source.url, source.queries, password_file=source.password_file)
    except SettingsError as error:
        raise SettingsError(f"sources.{name}: {error}") from error


def sqlite_file(source: SourceSettings) -> Path | None:
    """The file of a source that is an SQLite database."""
    path = source.url.removeprefix(SQLITE)
    return Path(path) if source.url.startswith(SQLITE) else None
