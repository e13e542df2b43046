"""How answers look: templates, what they may use, and the names of static files."""

from __future__ import annotations

import hashlib
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ivr.apps.web.language import LANGUAGES
from ivr.apps.web.navigation import NAVIGATION
from ivr.apps.web.operation import Method
from ivr.apps.web.visit import Visit
from ivr.core.call.flags import FLAGS
from ivr.core.orders.evidence import CallOutcome

HERE: Final = Path(__file__).parent
STATIC_FILES: Final = HERE / "static"
VENDORED: Final = STATIC_FILES / "vendor"
"""What tools/install puts there: files of npm packages, each by its hash."""
OUTCOMES: Final = tuple(str(one) for one in CallOutcome if one is not CallOutcome.OPEN)


@cache
def templates() -> Environment:
    """All of them; every value is escaped, and a name that there is not is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["length_of"] = clock
    made.globals.update(
        now=time.time, static=static, languages=LANGUAGES, navigation=NAVIGATION, outcomes=OUTCOMES, flags=sorted(FLAGS)
    )
    return made


def rendered(visit: Visit, template: str, **shown: Any) -> str:
    """A page."""

    def leads(path: str, method: Method = "GET") -> bool:
        return visit.leads(method, path)

    def token() -> Markup:
        return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.token)

    page = templates().get_template(template)
    return page.render(visit=visit, t=visit.language.text, language=visit.language, leads=leads, token=token, **shown)


@cache
def static(name: str) -> str:
    """The address of a static file: it changes with what is in it, so browsers keep it for good."""
    digest = hashlib.sha256((STATIC_FILES / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def clock(seconds: float | None) -> str:
    """Minutes and seconds; hours where there are any."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
