"""A calibration of an embedder in a file of JSON, as `ivr voiceprint calibrate` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from ivr.core.codec import Codec, plain
from ivr.core.identity.calibration import Calibration
from ivr.errors import OperatorError

FORMAT = "ivr-calibration/1"
_CODEC = Codec(Calibration, exact=True)


def calibration_text(calibration: Calibration) -> str:
    """What stands in the file."""
    return json.dumps({"format": FORMAT, **plain(calibration)}, indent=2) + "\n"


def read_calibration(path: Path) -> Calibration:
    """Raises OperatorError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format", "") != FORMAT:
            raise ValueError("another format")
        return _CODEC.read(content)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise OperatorError(f"{path} is no calibration: make one with `ivr voiceprint calibrate`.") from error
