"""Networks that onnxruntime runs, each on one thread: what runs at once is our own choice."""

from __future__ import annotations

from typing import Any

import onnxruntime

from ivr.errors import ModelError

_ERRORS_ONLY = 3


def network(model: str | bytes, name: str) -> Any:
    """A session of a network, in a file or in memory; `run` of it is thread-safe. Raises ModelError by its `name`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class of their own
        raise ModelError(f"onnxruntime cannot load {name} ({type(error).__name__}); reinstall it.") from error
