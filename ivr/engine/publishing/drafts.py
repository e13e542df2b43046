"""Dialplans read from their texts: as they were written, and as they were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.core.compliance.spoken import read_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.engine.publishing.config import PublishingPorts
from ivr.engine.publishing.history import drafted
from ivr.engine.publishing.live import published_now
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.drafts import Drafts
from ivr.ports.versions import DialplanVersions


@dataclass(frozen=True, slots=True)
class Draft:
    """A dialplan as somebody wrote it."""

    dialplan: Dialplan
    texts: Mapping[str, str]
    """What was read for it: name below its directory -> text, the main file first."""

    @property
    def main(self) -> str:
        """Name of the main file."""
        return next(iter(self.texts))


def read_draft(drafts: Drafts, file: str) -> Draft:
    """One file with what it includes from beside it. Raises DialplanError or OperatorError."""
    main = main_name(file)
    texts = {main: drafts.text(file)}

    def include(name: str) -> str:
        return texts.setdefault(name, drafts.text(file, name))

    return Draft(read_dialplan(texts[main], source=file, read_include=include), texts)


def says(drafts: Drafts, file: str, texts: Mapping[str, str]) -> bool:
    """Whether a file and what it includes say what they did when `texts` were read: then nobody need parse them again.

    Raises OperatorError when one of them cannot be read.
    """
    main = main_name(file)
    return all(drafts.text(file, "" if name == main else name) == text for name, text in texts.items())


def refuse_set_back(ports: PublishingPorts, files: Sequence[str]) -> None:
    """What was published from a draft is not set back by its file, which says what was served before that.

    `files`: as `making.publish` takes them. Raises OperatorError.
    """
    before = published_now(ports)
    for entry in ports.listed if before is not None else ():
        plan = before.plan_of(entry.file) if before is not None else None
        named = not files or any(ports.drafts.is_same(entry.file, file) for file in files)
        if (
            plan is None
            or not named
            or says(ports.drafts, entry.file, plan.texts)
            or not drafted(ports.log, plan.sha256)
        ):
            continue
        found = read_draft(ports.drafts, entry.file).dialplan
        if any(kept.sha256 == found.sha256 for kept in ports.versions.all()):
            raise OperatorError(
                f"{entry.file} says {found.id}, which was served before; {plan.id}, which is served now, was published "
                "from a draft: bring the file up to it ('ivr versions' shows where its text is kept), or go back by "
                "'ivr publications roll-back'"
            )


def kept_dialplan(versions: DialplanVersions, reference: str) -> Dialplan:
    """A kept version by name@version or SHA-256. Raises OperatorError, or EnvironmentFault when it was altered."""
    kept = versions.find(reference)
    dialplan = read_dialplan(versions.text(kept), source=kept.path, read_include=lambda name: versions.text(kept, name))
    if dialplan.sha256 != kept.sha256:
        raise EnvironmentFault(f"{kept.path} was altered since it was served; restore it from a backup")
    return dialplan


def main_name(file: str) -> str:
    """Name of a dialplan's main file among its texts."""
    return file.rpartition("/")[2]
