"""A test that hangs says where its coroutines wait: the limit of time itself names only the loop that runs them."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Generator, Iterator
from types import FrameType
from typing import Any

import pytest

STOOD = "where each task stands"
"""Title of what is added to a report."""


class Hung:
    """The plug-in: what `conftest.py` registers."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to the report of a test whose time was up where each task stands."""
        report = yield
        if call.excinfo is not None and "from pytest-timeout" in str(call.excinfo.value):
            tasks = [found for found in gc.get_objects() if isinstance(found, asyncio.Task) and not found.done()]
            report.sections.append((STOOD, "\n".join(where(task) for task in tasks)))
        return report


def where(task: asyncio.Task[Any]) -> str:
    """A task's name, and its frames with the innermost last."""
    stack = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames(task.get_coro()))
    return "".join([f"{task.get_name()}\n", *stack.format()])


def frames(waiting: Any) -> Iterator[FrameType]:
    """Frames of a coroutine and of what it awaits. A task's own list of them ends with the first."""
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        yield frame
        waiting = waiting.cr_await
