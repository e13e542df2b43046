"""The wallboard: queues, agents, service level, alarms that nobody acknowledged; less than a second behind."""

from __future__ import annotations

import time

from starlette.responses import Response

from ivr.apps.web.board import Board, board
from ivr.apps.web.live import Feed, stream
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.engine.office import line


@operation("GET", "/wallboard", scope="queues.show", page="wallboard.html")
def wallboard_show(visit: Visit) -> Board:
    """How the line stands now."""
    return board(line.queues_now(visit.office, line.Now()), now=time.time())


@operation("GET", "/wallboard/stream", scope="queues.show")
def wallboard_stream(visit: Visit) -> Response:
    """The same as it changes: server-sent events."""
    return stream(visit, "wallboard", _feed)


def _feed() -> Feed:
    before: list[Board] = []

    def read(visit: Visit) -> Board:
        report = line.queues_now(visit.office, line.Now())
        before[:] = [board(report, now=time.time(), before=before[0] if before else None)]
        return before[0]

    return Feed("wallboard.html", read)
