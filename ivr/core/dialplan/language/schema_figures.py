"""What may be written in a dialplan file of figures that are checked before they are spoken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.core.dialplan.language.schema import Ident, Shape


class FiguresIn(Shape):
    """Rules that figures in prompts are held to before they are spoken."""

    rules: Annotated[list[str], Field(min_length=1)]
    """Rules files below the dialplan's directory."""
    otherwise: Ident
