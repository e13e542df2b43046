"""How Kamailio is started: in the foreground, with our configuration, and with what keeps its TLS workers apart."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from ivr.adapters.kamailio.config import EdgeConfig

FOLDER = Path(__file__).parent


def command(program: str, config: EdgeConfig) -> list[str]:
    """How it is started."""
    # setpriv (util-linux) makes the kernel end Kamailio when whoever started it ends.
    return [
        *("setpriv", "--pdeathsig", "TERM", program, "-DD", "-E"),
        *("-m", str(config.shared_megabytes), "-M", "8"),
        *("-f", str(config.config_file), "-P", str(config.run_dir / "kamailio.pid"), "-Y", str(config.run_dir)),
    ]


def environment(*, encrypts: bool) -> dict[str, str]:
    """What it must find there. `encrypts`: it serves TLS; else its processes share nothing of OpenSSL's."""
    library = apart() if encrypts else None
    if library is None:
        return {}
    # A name without its folder: the one list ends its items at a space, the other one does not.
    return {"LD_PRELOAD": library.name, "LD_LIBRARY_PATH": str(library.parent)}


def apart() -> Path | None:
    """The library that keeps its workers' TLS apart (_fork.c); None: it was not built, as there was no compiler."""
    found = (FOLDER / f"_fork{suffix}" for suffix in EXTENSION_SUFFIXES)
    return next((file for file in found if file.is_file()), None)
