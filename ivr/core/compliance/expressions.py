"""Operators' own expressions: RE2 only, which takes linear time whatever is written and whatever is said."""

from __future__ import annotations

from typing import Any

import re2

LONGEST = 500
"""Signs of an expression."""


class ExpressionError(ValueError):
    """An expression that cannot be used; the message says why."""


def compiled(expression: str) -> Any:
    """The expression, ready; case does not matter. Raises ExpressionError."""
    if len(expression) > LONGEST:
        raise ExpressionError(f"it is longer than {LONGEST} signs")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        found = re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it does not parse"
        raise ExpressionError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
    if found.search("") is not None:
        raise ExpressionError("it fits where nothing is said")
    return found
