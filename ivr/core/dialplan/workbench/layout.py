"""Boxes in layers and arrows between them that cross no box (Sugiyama, Tagawa and Toda 1981).

Rules: an arrow leads from a layer to the next one, in the gap where no box stands; through a layer in between it runs
straight down a lane of its own. Arrows to one box share their lanes. Boxes of one band stand in columns of their own,
so that a frame round a band holds no other's box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

BOX_WIDTH, BOX_HEIGHT = 190.0, 46.0
LANE = 18.0
"""Width of an arrow's lane through a layer."""
GAP_X, GAP_Y = 40.0, 64.0
BAND_GAP = 56.0
MARGIN = 40.0
LOOP = 16.0
"""How far an arrow from a box to itself leaves it; less than half of GAP_X."""
SWEEPS = 12
"""Down and up in turn. The order with the fewest crossings is kept."""
SETTLING = 8
"""Rounds in which boxes move towards what they are joined with."""

Arrow = tuple[str, str]
Point = tuple[float, float]
Lane = tuple[str, str, int]
"""(where it leads, down or up, layer)."""
Item = str | Lane


@dataclass(frozen=True, slots=True)
class Laid:
    """Where everything stands, in pixels from the top left corner."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    """Box -> its top left corner."""
    arrows: Mapping[Arrow, tuple[Point, ...]]
    """Where each bends: between two points in a gap by a curve whose ends are upright, else straight. Of a box to
    itself: the two points of its right side."""


def laid_out(boxes: Sequence[str], arrows: Iterable[Arrow], band: Mapping[str, int]) -> Laid:
    """`boxes`: the first is where it begins; `band`: box -> number of its columns, from 0, leftmost first."""
    wanted = [(source, target) for source, target in dict.fromkeys(arrows)]
    layer = _layers(boxes, [arrow for arrow in wanted if arrow[0] != arrow[1]])
    routes = {arrow: _route(arrow, layer) for arrow in wanted if arrow[0] != arrow[1]}
    rows: list[list[Item]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for box in boxes:
        rows[layer[box]].append(box)
    lanes = dict.fromkeys(item for route in routes.values() for item in route if not isinstance(item, str))
    for item in lanes:
        rows[item[2]].append(item)
    of_band = {item: band[item if isinstance(item, str) else item[0]] for row in rows for item in row}
    joined = _Joined(routes.values(), layer)
    rows = _ordered(rows, joined, of_band)
    middle, width = _across(rows, joined, of_band)
    height = len(rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    corners = {box: (middle[box] - BOX_WIDTH / 2, _top(layer[box])) for box in boxes}
    ports = _ports(routes, middle, layer)
    drawn = {arrow: _points(arrow, route, middle, layer, ports) for arrow, route in routes.items()}
    for source, target in wanted:
        if source == target:
            x, y = corners[source]
            drawn[source, target] = ((x + BOX_WIDTH, y + BOX_HEIGHT * 0.3), (x + BOX_WIDTH, y + BOX_HEIGHT * 0.7))
    return Laid(width, height, corners, drawn)


def _layers(boxes: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """Box -> layer: below all that lead to it, but for ways back."""
    after: dict[str, list[str]] = {box: [] for box in boxes}
    for source, target in arrows:
        after[source].append(target)
    order: list[str] = []
    state: dict[str, int] = {}
    back: set[Arrow] = set()
    for root in boxes:
        stack = [] if root in state else [(root, iter(after[root]))]
        state.setdefault(root, 1)
        while stack:
            box, rest = stack[-1]
            for target in rest:
                if state.get(target) == 1:
                    back.add((box, target))
                elif target not in state:
                    state[target] = 1
                    stack.append((target, iter(after[target])))
                    break
            else:
                state[box] = 2
                order.append(box)
                stack.pop()
    layer = dict.fromkeys(boxes, 0)
    for box in reversed(order):
        for target in after[box]:
            if (box, target) not in back:
                layer[target] = max(layer[target], layer[box] + 1)
    return layer


def _route(arrow: Arrow, layer: Mapping[str, int]) -> list[Item]:
    """What an arrow goes through, from its source to its target."""
    source, target = arrow
    first, last = layer[source], layer[target]
    way, step = ("down", 1) if last > first else ("up", -1)
    return [source, *((target, way, number) for number in range(first + step, last, step)), target]


class _Joined:
    """Which items of neighbouring layers are joined."""

    def __init__(self, routes: Iterable[Sequence[Item]], layer: Mapping[str, int]) -> None:
        self.above: dict[Item, list[Item]] = {}
        self.below: dict[Item, list[Item]] = {}
        seen = set()
        for route in routes:
            for one, other in pairwise(route):
                upper, lower = sorted((one, other), key=lambda item: layer[item] if isinstance(item, str) else item[2])
                if (upper, lower) not in seen:
                    seen.add((upper, lower))
                    self.below.setdefault(upper, []).append(lower)
                    self.above.setdefault(lower, []).append(upper)

    def crossings(self, rows: Sequence[Sequence[Item]]) -> int:
        """Of lines between layers."""
        total = 0
        for upper, lower in pairwise(rows):
            place = {item: number for number, item in enumerate(lower)}
            ends = [end for item in upper for end in sorted(place[one] for one in self.below.get(item, ()))]
            total += _inversions(ends)
        return total


def _inversions(numbers: list[int]) -> int:
    """Pairs in the wrong order, by merging."""
    if len(numbers) < 2:
        return 0
    half = len(numbers) // 2
    left, right = numbers[:half], numbers[half:]
    found = _inversions(left) + _inversions(right)
    numbers.clear()
    while left and right:
        if left[0] <= right[0]:
            numbers.append(left.pop(0))
        else:
            found += len(left)
            numbers.append(right.pop(0))
    numbers += left or right
    return found


def _ordered(rows: list[list[Item]], joined: _Joined, band: Mapping[Item, int]) -> list[list[Item]]:
    """Each layer from left to right, by bands, and within one with few crossings."""
    rows = [sorted(row, key=band.__getitem__) for row in rows]
    best, fewest = [list(row) for row in rows], joined.crossings(rows)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = joined.above if down else joined.below
        numbers = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for number in numbers:
            beside = rows[number - 1 if down else number + 1]
            place = {item: at / max(1, len(beside)) for at, item in enumerate(beside)}
            own = {item: at / max(1, len(rows[number])) for at, item in enumerate(rows[number])}
            weight = {item: _mean([place[one] for one in neighbours.get(item, ())], own[item]) for item in rows[number]}
            rows[number].sort(key=lambda item: (band[item], weight[item]))
        if (crossed := joined.crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows], crossed
    return best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _size(item: Item) -> float:
    return BOX_WIDTH + GAP_X if isinstance(item, str) else LANE


def _across(
    rows: Sequence[Sequence[Item]], joined: _Joined, band: Mapping[Item, int]
) -> tuple[dict[Item, float], float]:
    """Item -> its middle; and the width of all."""
    middle: dict[Item, float] = {}
    pieces: list[tuple[list[Item], float, float]] = []
    left = MARGIN - GAP_X / 2
    for number in sorted(set(band.values())):
        parts = [[item for item in row if band[item] == number] for row in rows]
        width = max(sum(map(_size, part)) for part in parts)
        for part in parts:
            at = left + (width - sum(map(_size, part))) / 2
            for item in part:
                middle[item] = at + _size(item) / 2
                at += _size(item)
            pieces.append((part, left, left + width))
        left += width + BAND_GAP
    for _ in range(SETTLING):
        for part, first, last in pieces:
            _settle(part, first, last, middle, joined)
    return middle, left - BAND_GAP + MARGIN - GAP_X / 2


def _settle(part: Sequence[Item], first: float, last: float, middle: dict[Item, float], joined: _Joined) -> None:
    """Move a layer's items towards what they are joined with; they keep their order and their distance."""
    wish = [
        _mean([middle[one] for one in (*joined.above.get(item, ()), *joined.below.get(item, ()))], middle[item])
        for item in part
    ]
    rightwards: list[float] = []
    at = first
    for item, x in zip(part, wish, strict=True):
        rightwards.append(max(x, at + _size(item) / 2))
        at = rightwards[-1] + _size(item) / 2
    leftwards: list[float] = []
    at = last
    for item, x in zip(reversed(part), reversed(wish), strict=True):
        leftwards.append(min(x, at - _size(item) / 2))
        at = leftwards[-1] - _size(item) / 2
    leftwards.reverse()
    rightwards = _within(part, rightwards, last)
    leftwards = [-x for x in reversed(_within(part[::-1], [-x for x in reversed(leftwards)], -first))]
    # Both keep the distances, and so does what lies between them.
    for item, one, other in zip(part, rightwards, leftwards, strict=True):
        middle[item] = (one + other) / 2


def _within(part: Sequence[Item], places: Sequence[float], last: float) -> list[float]:
    """Pushed back where they stand beyond `last`."""
    found: list[float] = []
    at = last
    for item, x in zip(reversed(part), reversed(places), strict=True):
        found.append(min(x, at - _size(item) / 2))
        at = found[-1] - _size(item) / 2
    return found[::-1]


def _top(layer: int) -> float:
    return MARGIN + layer * (BOX_HEIGHT + GAP_Y)


Ports = Mapping[tuple[str, bool, Item], float]
"""(box, at its bottom, what it is joined with) -> where on that side."""


def _ports(routes: Mapping[Arrow, Sequence[Item]], middle: Mapping[Item, float], layer: Mapping[str, int]) -> Ports:
    """Where lines meet a box: side by side, in the order of what they come from."""
    meets: dict[tuple[str, bool], dict[Item, None]] = {}
    for route in routes.values():
        for box, other in ((route[0], route[1]), (route[-1], route[-2])):
            assert isinstance(box, str)
            beneath = (layer[other] if isinstance(other, str) else other[2]) > layer[box]
            meets.setdefault((box, beneath), {})[other] = None
    found: dict[tuple[str, bool, Item], float] = {}
    for (box, beneath), others in meets.items():
        for number, other in enumerate(sorted(others, key=middle.__getitem__), 1):
            found[box, beneath, other] = middle[box] + BOX_WIDTH * 0.8 * (number / (len(others) + 1) - 0.5)
    return found


def _points(
    arrow: Arrow, route: Sequence[Item], middle: Mapping[Item, float], layer: Mapping[str, int], ports: Ports
) -> tuple[Point, ...]:
    source, target = arrow
    down = layer[target] > layer[source]
    points = [(ports[source, down, route[1]], _top(layer[source]) + (BOX_HEIGHT if down else 0.0))]
    for item in route[1:-1]:
        assert not isinstance(item, str)
        top = _top(item[2])
        ends = (top, top + BOX_HEIGHT) if down else (top + BOX_HEIGHT, top)
        points += [(middle[item], y) for y in ends]
    points.append((ports[target, not down, route[-2]], _top(layer[target]) + (0.0 if down else BOX_HEIGHT)))
    return tuple(points)
