"""A draft that the office keeps for those who write it: every text of a dialplan, and its scenarios, in one document.

It means nothing to calls. Who wrote it is not in it: the audit log says that of each text, by its hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from ivr.errors import OperatorError, SealError

FORMAT: Final = 1
SCENARIOS: Final = "scenarios"
"""Stands for the scenarios where a part is named; no text of a dialplan has this name, as it has no ending."""
ID_DIGITS: Final = 12
TEXT_LETTERS: Final = 200_000
"""Longest text of a part."""
PARTS: Final = 40
"""Most texts of a draft."""
_PART = re.compile(r"(?:[A-Za-z0-9_\-]+/)*[A-Za-z0-9_\-][A-Za-z0-9_.\-]*\.yaml")


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """One of them, as it was saved last."""

    id: str
    """Hex digits, ID_DIGITS of them."""
    file: str
    """The listed dialplan in whose place it would be served."""
    began: float
    """Seconds since the epoch: what the log says of it is not older."""
    base: str
    """SHA-256 of the dialplan that it was begun from."""
    main: str
    """Name of its main file among `texts`."""
    texts: Mapping[str, str] = field(repr=False)
    """Name below its directory -> text, the main file and all that it includes."""
    scenarios: str = field(repr=False)
    """As they stand in NAME.test.yaml beside the dialplan."""
    revision: int
    """Counts up with each save: whoever saves names the one that they read."""
    at: float
    """When it was saved last: seconds since the epoch."""
    by: str
    """Who saved it last."""

    @property
    def sha256(self) -> str:
        """Of what the log vouches for: where it belongs, since when, its texts and scenarios."""
        said = [self.id, self.file, self.began, self.main, sorted(self.texts.items()), self.scenarios]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def part(self, name: str) -> str:
        """A text by its name; SCENARIOS: those. Raises OperatorError."""
        if name == SCENARIOS:
            return self.scenarios
        if name not in self.texts:
            raise OperatorError(f"the draft has no part {name}: it has {', '.join(self.texts)}")
        return self.texts[name]

    def with_parts(self, parts: Mapping[str, str]) -> KeptDraft:
        """With other texts in the place of its own; one without any text, but the main file, is left out."""
        texts = {**self.texts, **{name: text for name, text in parts.items() if name != SCENARIOS}}
        kept = {name: text for name, text in texts.items() if text.strip() or name == self.main}
        return replace(self, texts=kept, scenarios=parts.get(SCENARIOS, self.scenarios))

    def encode(self) -> bytes:
        """The document."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1, sort_keys=True).encode()

    @staticmethod
    def decode(data: bytes) -> KeptDraft:
        """Back from the document. Raises SealError for one that is not ours."""
        try:
            document = json.loads(data)
            if document.pop("format") != FORMAT:
                raise SealError("this draft is of another format: it was kept by another version of the engine")
            draft = KeptDraft(**document)
            texts = [draft.main, draft.scenarios, *draft.texts, *draft.texts.values()]
            if not all(isinstance(text, str) for text in texts) or draft.main not in draft.texts:
                raise SealError("this is no draft of ours")
            return draft
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SealError("this is no draft of ours") from error


def refuse_odd_parts(texts: Mapping[str, str], scenarios: str) -> None:
    """Raises OperatorError for names that are no file's below the dialplan's directory, and for what is too long."""
    for name in texts:
        if not _PART.fullmatch(name):
            raise OperatorError("a part of a dialplan is named like parts/end.yaml: letters, digits, - _ and folders")
    if len(texts) > PARTS or any(len(text) > TEXT_LETTERS for text in (*texts.values(), scenarios)):
        raise OperatorError(f"a draft has at most {PARTS} parts of {TEXT_LETTERS} letters each")
