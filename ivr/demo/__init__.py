"""The demo: a made-up bank that the example dialplans ask, and a caller who goes through errands.

Never here: what a bank's own line needs.
Imports: engine, adapters, testing, ports, core, durable, errors.
"""

from typing import Final

CALLER: Final = "demo-caller"
"""What the demo's caller calls itself."""
