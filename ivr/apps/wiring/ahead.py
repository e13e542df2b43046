"""What a process loads before it is told to begin, as a line is down meanwhile: its program, and models of speech.

Rule: nothing is opened outside of the process, and it learns no secret.
"""

from __future__ import annotations

import importlib

from ivr.apps.settings import Settings

PROGRAMS = {"nursery": "ivr.apps.wiring.cell", "bank": "ivr.demo.bank"}
"""Where the program of a process is that is not in a module of its name here."""
PRELOAD = frozenset({"nursery", "speech", "console"})
"""Their programs know what more takes long."""
KEEP_RECORDS = frozenset({"hub", "keeper", "inspector", "console"})
STORES = (
    "call_store", "callback_store", "queue_lines", "account_store", "inspection_store", "note_store", "review_store",
    "access_stores", "user_store", "witness",
)  # fmt: skip
"""Of the database: each is imported by who opens it, or not at all."""


def load(process: str, settings: Settings) -> None:
    """Whatever takes it long before it serves."""
    module = importlib.import_module(PROGRAMS.get(process, f"ivr.apps.wiring.{process}"))
    if process in PRELOAD:
        module.preload(settings)
    if process in KEEP_RECORDS and settings.database_url.startswith("postgresql"):
        _load_database(settings)


def _load_database(settings: Settings) -> None:
    """Stores and the database's driver, which is not connected."""
    from ivr.adapters.sql.database import open_database

    for name in STORES:
        importlib.import_module(f"ivr.adapters.sql.{name}")
    open_database(settings.database_url).dispose()
