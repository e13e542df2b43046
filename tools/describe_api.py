#!/usr/bin/env python3
"""Write what the console's API is: docs/openapi.json, and the types of our own JavaScript from it.

tools/describe_api.py           says whether they are as the code is
tools/describe_api.py --write   writes them
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ivr.apps.web.app import build
from ivr.apps.web.console import Console
from ivr.apps.web.guard import Origin

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTION = ROOT / "docs" / "openapi.json"
TYPES = ROOT / "ivr" / "apps" / "web" / "static" / "api.d.ts"
SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "ivr", "description": "Of a browser; with TLS __Host-ivr."},
    "token": {"type": "http", "scheme": "bearer", "description": "Of a machine, for the scopes that it was made for."},
}


def description() -> dict[str, Any]:
    """The whole API: pages and routes, each with its scope."""
    app = build(Console(cast(Any, None), cast(Any, None), [Origin("http://127.0.0.1:8080")], cast(Any, None)))
    told = app.openapi()
    told["info"]["version"] = "1"
    told["components"]["securitySchemes"] = SCHEMES
    return told


def types(told: Mapping[str, Any]) -> Iterator[str]:
    """Lines of TypeScript: an interface for each schema."""
    yield "// Written by tools/describe_api.py from docs/openapi.json."
    for name, schema in sorted(told["components"]["schemas"].items()):
        yield f"\nexport interface {name.replace('-', '_')} {{"
        needed = schema.get("required", ())
        for key, value in schema.get("properties", {}).items():
            yield f"  {key}{'' if key in needed else '?'}: {_type(value)};"
        yield "}"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].replace("-", "_")
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    if "prefixItems" in schema:
        return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
    match schema.get("type"):
        case "array":
            return f"Array<{_type(schema.get('items', {}))}>"
        case "object" if "additionalProperties" in schema:
            return f"Record<string, {_type(schema['additionalProperties'])}>"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
    return "unknown"


def files() -> dict[Path, str]:
    """What they must hold."""
    told = description()
    return {
        DESCRIPTION: json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
        TYPES: "\n".join(types(told)) + "\n",
    }


def main() -> int:
    """Command line."""
    stale = []
    for file, text in files().items():
        if "--write" in sys.argv[1:]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(str(file.relative_to(ROOT)))
    told = f"run tools/describe_api.py --write: {', '.join(stale)} is not as the code is"
    print(told if stale else "the API is as it is told")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
