"""Where lookups are answered: one adapter a source of the settings; and whether dialplans ask only what is there."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.http_source import HttpSource
from ivr.apps.settings import Settings, SourceSettings
from ivr.apps.settings_file import SQLITE
from ivr.apps.settings_sections import DEMO_BANK
from ivr.core.dialplan.agent_source import AGENTS
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import LookupState
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


def check_lookups(dialplan: Dialplan, settings: Settings) -> None:
    """Whatever the dialplan asks is in the settings, with every parameter. Raises SettingsError."""
    for state in dialplan.states.values():
        if not isinstance(state, LookupState) or state.source == AGENTS:
            continue
        asked = f"{dialplan.source}: state '{state.name}' asks {state.source}.{state.query}"
        source = settings.sources.get(state.source)
        if source is None:
            known = ", ".join(settings.sources) or "none"
            hint = f"name it under sources: in the settings ({DEMO_BANK} is the made-up bank of the examples)"
            raise SettingsError(f"{asked}, and the settings have no source {state.source} (they have: {known}): {hint}")
        if not source.is_database:
            continue
        from ivr.adapters.sql_source import parameters

        if state.query not in source.queries:
            known = ", ".join(source.queries)
            raise SettingsError(f"{asked}, and sources.{state.source}.queries have: {known}")
        given = {*state.given, *([state.once] if state.once else [])}
        if missing := parameters(source.queries[state.query]) - given:
            raise SettingsError(f"{asked} without {', '.join(sorted(missing))}: add them to its given:")
