"""Speech models beside those that come with the engine: what is installed, and getting one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from ivr.apps.model_catalogue import CATALOGUE, address
from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.engine.office import models as office

GETTING: Final = "models.get"


class OfModel(BaseModel):
    """Which model."""

    name: str = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model."""

    name: str
    language: str
    megabytes: int
    """To fetch; 0: it is not fetched here."""
    note: str
    installed: bool


@dataclass(frozen=True, slots=True)
class Models:
    """What there is."""

    models: tuple[ModelRow, ...]


@dataclass(frozen=True, slots=True)
class Getting:
    """How far a model is."""

    ticket: str
    name: str
    done: int
    """Bytes, as the next."""
    of: int
    over: bool
    fault: Fault | None


@operation("GET", "/models", scope="models.list", page="models.html")
def models_list(visit: Visit) -> Models:
    """What is installed, and what can be got."""
    installed = set(office.list_models(visit.office, office.ListModels()))
    rows = [ModelRow(name, one.language, one.megabytes, one.note, name in installed) for name, one in CATALOGUE.items()]
    rows += [ModelRow(name, "", 0, "", True) for name in sorted(installed - CATALOGUE.keys())]
    return Models(tuple(rows))


@operation("POST", "/models/get", scope="models.get")
def models_get(visit: Visit, asked: OfModel) -> Done:
    """Begin to fetch one of the catalogue."""
    at_office, url = visit.office, address(asked.name)

    def does(job: Job) -> str:
        job.result = asked.name
        office.get(at_office, office.GetModel(asked.name, url=url, progress=job.progress))
        return asked.name

    return Done("", f"/models/get/{quote(start(visit, GETTING, does))}")


@operation("GET", "/models/get/{ticket}", scope="models.get", page="models_get.html")
def models_getting(visit: Visit, ticket: str) -> Getting:
    """How far it is."""
    job = look(visit, GETTING, ticket)
    return Getting(ticket, str(job.result or ""), job.done, job.of, job.over, job.fault)
