"""Where what is served is kept, and what the settings offer to it."""

from __future__ import annotations

from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.adapters.files.dialplans.publications import PublicationFiles
from ivr.apps.settings import Settings, SourceSettings
from ivr.apps.settings_queues import ways_out
from ivr.core.dialplan.offers import Offers
from ivr.engine.publishing.served import ServedPlans


def publications(settings: Settings) -> PublicationFiles:
    """Where they are kept."""
    return PublicationFiles(settings.data_dir / "published")


def prompt_files(settings: Settings) -> PromptFiles:
    """Where rendered audio is kept."""
    return PromptFiles(settings.prompts_dir)


def load_served(settings: Settings, id: str) -> ServedPlans:
    """One publication, ready to serve. Raises IvrError."""
    return ServedPlans(publications(settings).load(id), prompt_files(settings), settings.sip.country)


def offers(settings: Settings) -> Offers:
    """What dialplans may ask for."""
    sources = {name: _queries(source) for name, source in settings.sources.items()}
    skills = {*settings.skills, *(f"site:{site}" for site in settings.sites)}
    overflows = {name: ways_out(settings.queues, name) for name in settings.queues}
    return Offers(sources, frozenset(settings.transfers), frozenset(skills), overflows)


def _queries(source: SourceSettings) -> dict[str, frozenset[str]] | None:
    if not source.is_database:
        return None
    from ivr.adapters.sql_source import parameters  # a cell without databases needs no SQLAlchemy: some 15 MB

    return {name: parameters(sql) for name, sql in source.queries.items()}
