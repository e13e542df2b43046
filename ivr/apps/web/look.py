"""How answers look: templates, what they may use, and the names of static files."""

from __future__ import annotations

import base64
import hashlib
import json
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
from ivr.core.review.risk import FOUND_FLAGS

HERE: Final = Path(__file__).parent
STATIC_FILES: Final = HERE / "static"
VENDORED: Final = STATIC_FILES / "vendor"
"""What tools/install puts there: files of npm packages, each by its hash."""
EDITOR: Final = {
    **{
        f"@codemirror/{part}": f"codemirror-{part}"
        for part in (
            "autocomplete", "commands", "lang-yaml", "language", "lint", "search", "state", "streamparser", "view"
        )
    },
    **{f"@lezer/{part}": f"lezer-{part}" for part in ("common", "highlight", "lr", "yaml")},
    "@marijn/find-cluster-break": "find-cluster-break",
    **{name: name for name in ("crelt", "style-mod", "w3c-keyname")},
}  # fmt: skip
"""Module of the editor, by the name that others import it by -> its file."""
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
    made.filters["bytes"] = size
    made.globals.update(
        now=time.time,
        static=static,
        import_map=import_map,
        languages=LANGUAGES,
        navigation=NAVIGATION,
        outcomes=OUTCOMES,
        flags=sorted((*FLAGS, *FOUND_FLAGS)),
    )
    return made


def rendered(visit: Visit, template: str, **shown: Any) -> str:
    """A page."""
    return templates().get_template(template).render(**_names(visit), **shown)


def _names(visit: Visit) -> dict[str, Any]:
    """What each template may use."""

    def leads(path: str, method: Method = "GET") -> bool:
        return visit.leads(method, path)

    def token() -> Markup:
        return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.token)

    return {
        "visit": visit,
        "t": visit.language.text,
        "language": visit.language,
        "leads": leads,
        "token": token,
        "moment": time.time(),
    }


def live_parts(visit: Visit, template: str, **shown: Any) -> dict[str, str]:
    """What of a page is sent anew as it changes: its blocks `live_…`, by the id of the element that each is.

    Rule: no form is in one, nor anything of one visitor alone: all who may the same, in one language, get the same.
    """
    names = {**_names(visit), **shown, "moment": None}  # lengths of time are counted by who looks
    page = templates().get_template(template)
    shared = page.new_context(names).get_all()
    names["parts"], names["live"] = (
        templates().get_template(name).make_module(shared) for name in ("parts.html", "live_parts.html")
    )
    return {
        name.removeprefix("live_"): "".join(block(page.new_context(names))).strip()
        for name, block in page.blocks.items()
        if name.startswith("live_")
    }


@cache
def static(name: str) -> str:
    """The address of a static file: it changes with what is in it, so browsers keep it for good."""
    digest = hashlib.sha256((STATIC_FILES / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


@cache
def import_map() -> str:
    """Where a page's modules find those that they name: the one script that stands in a page (HTML, 8.1.6.2)."""
    addresses = {name: static(f"vendor/editor/{file}.js") for name, file in EDITOR.items()}
    addresses["ivr/schema"] = static("schema.js")
    return json.dumps({"imports": addresses}, separators=(",", ":"))


@cache
def import_map_hash() -> str:
    """By which a page's policy lets that script in, and no other (CSP 3, 6.7.3.3)."""
    digest = base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()
    return f"'sha256-{digest}'"


def size(count: int) -> str:
    """Bytes as people read them."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def clock(seconds: float | None) -> str:
    """Minutes and seconds; hours where there are any."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
