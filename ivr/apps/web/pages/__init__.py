"""The console's operations, a file a subject: each is a function over one act of the office.

Never here: stores, permissions, HTML.
"""

import importlib
import pkgutil


def load() -> None:
    """Import each file here: that enters its operations into the table. A new page is a new file."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
