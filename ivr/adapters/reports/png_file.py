"""A drawing (SVG) of ours as a picture (PNG), by Typst, which sets reports too. Its fonts are those of the wheel."""

from __future__ import annotations

from typing import Final

import typst

PIXELS_PER_INCH: Final = 144.0
"""Of a drawing whose units are points: twice its size in pixels, sharp on any screen."""
_SOURCE: Final = """\
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.drawing), format: "svg")
"""


def png_file(svg: str) -> bytes:
    """The picture, opaque where the drawing is."""
    # The drawing is handed over as data: nothing that stands in it is source.
    made = typst.compile(
        _SOURCE.encode(), sys_inputs={"drawing": svg}, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True
    )
    assert isinstance(made, bytes)
    return made
