"""What can be asked of the console: a table of operations, each a function with its scope.

Rule: an operation's scope is an act of the office, or PUBLIC is said. One without either, or with an act that there is
not, ends the program as it is imported. A page and the API's route of the same thing are one function.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from starlette.responses import Response

from ivr.apps.web.console import Done
from ivr.apps.web.guard import BODY_BYTES
from ivr.engine.office.acts import ACTS
from ivr.errors import BugError

PUBLIC: Final = "public"
"""Scope of what is open to whoever reaches the console: it opens nothing and changes nothing of a call."""
API: Final = "/api"
"""Before the path of each route of the API."""
Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row."""

    method: Method
    path: str
    """Of the page; the API's route is below API."""
    scope: str
    """Name of the act whose roles may, or PUBLIC."""
    does: Callable[..., Any]
    """(visit, names in the path, what is asked) -> what is shown."""
    page: str
    """Template of the page. Empty: what answers `Done` sends the browser on, what answers a `Response` is one, and what
    gives data has no page."""
    api: bool
    """Whether the API has it."""
    takes: int
    """Bytes of a request, at most."""

    @property
    def name(self) -> str:
        """Unique: recordings_search."""
        return self.does.__name__

    @property
    def is_page(self) -> bool:
        """Whether a browser asks for it."""
        return bool(self.page) or not self.api or self.answer is Done or self.answer is Response

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """All that the function takes, but the visit."""
        return list(inspect.signature(self.does, eval_str=True).parameters.values())[1:]

    @property
    def answer(self) -> Any:
        """What it gives."""
        return inspect.signature(self.does, eval_str=True).return_annotation

    def matches(self, path: str) -> bool:
        """Whether a link leads here."""
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


OPERATIONS: Final[dict[tuple[Method, str], Operation]] = {}
"""(Method, path) -> operation."""
Does = TypeVar("Does", bound=Callable[..., Any])


def operation(
    method: Method, path: str, *, scope: str = "", page: str = "", api: bool = True, takes: int = BODY_BYTES
) -> Callable[[Does], Does]:
    """Make a function an operation of the console. Raises BugError when nobody says who may."""
    if scope != PUBLIC and scope not in ACTS:
        raise BugError(f"{method} {path} names no scope: an act of the office, or PUBLIC")
    if (method, path) in OPERATIONS:
        raise BugError(f"{method} {path} is done in two places")

    def made(does: Does) -> Does:
        OPERATIONS[method, path] = Operation(method, path, scope, does, page, api, takes)
        return does

    return made


def find(method: Method, path: str) -> Operation | None:
    """The operation that a link or a form of a page leads to."""
    return OPERATIONS.get((method, path)) or next(
        (one for (how, _), one in OPERATIONS.items() if how == method and one.matches(path)), None
    )
