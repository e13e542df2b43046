"""A dialplan's picture: no arrow crosses a box, no two boxes meet, and a frame holds its dialog and no more."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.dialplan.workbench.layout import BOX_HEIGHT, BOX_WIDTH, Arrow, Laid, Point, laid_out
from ivr.core.dialplan.workbench.picture import ANY, path_of, svg

SHIPPED = sorted(
    path for path in (Path(__file__).parents[3] / "dialplans").glob("*.yaml") if not path.name.endswith(".test.yaml")
)
STEPS = 24
"""Points of a curve that are looked at."""


def walked(path: str) -> Iterator[Point]:
    """Points along an SVG path of ours (M, L and C, all absolute)."""
    at = (0.0, 0.0)
    for letter, numbers in re.findall(r"([MLC])([^MLC]*)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        points = list(zip(values[::2], values[1::2], strict=True))
        bends = [at, *points] if letter == "C" else [at, at, points[0], points[0]]
        for step in range(STEPS + 1) if letter != "M" else ():
            part = step / STEPS
            weights = ((1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3)
            yield (
                sum(weight * x for weight, (x, _) in zip(weights, bends, strict=True)),
                sum(weight * y for weight, (_, y) in zip(weights, bends, strict=True)),
            )
        at = points[-1]


def inside(point: Point, corner: Point) -> bool:
    """Whether it is within a box, and not on its edge."""
    return 0.5 < point[0] - corner[0] < BOX_WIDTH - 0.5 and 0.5 < point[1] - corner[1] < BOX_HEIGHT - 0.5


def crossed(boxes: Sequence[Point], paths: Sequence[str]) -> list[tuple[str, Point]]:
    return [(path, box) for path in paths for point in walked(path) for box in boxes if inside(point, box)]


def meeting(boxes: Sequence[Point]) -> list[tuple[Point, Point]]:
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if abs(one[0] - other[0]) < BOX_WIDTH and abs(one[1] - other[1]) < BOX_HEIGHT
    ]


def paths(laid: Laid) -> list[str]:
    return [path_of(points, loop=source == target) for (source, target), points in laid.arrows.items()]


def test_what_is_looked_for_is_found() -> None:
    assert crossed([(0, 0)], ["M-50.0,23.0 L300.0,23.0"])
    assert crossed([(0, 0)], ["M100.0,-60.0 C100.0,0.0 100.0,0.0 100.0,90.0"])
    assert not crossed([(0, 0)], ["M195.0,-60.0 L195.0,90.0"])
    assert meeting([(0, 0), (100, 20)])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_in_the_picture_of_a_dialplan_no_arrow_crosses_a_box(path: Path) -> None:
    dialplan = read_dialplan(path)
    drawn = ElementTree.fromstring(svg(dialplan))
    rooms = {name: "{http://www.w3.org/2000/svg}" + name for name in ("g", "rect", "path")}
    boxes: dict[str, Point] = {}
    frames: dict[str, tuple[float, ...]] = {}
    for group in drawn.iter(rooms["g"]):
        (rect,) = group.iter(rooms["rect"])
        where = tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        if group.attrib["class"] == "dialog":
            frames["".join(group.itertext()).strip()] = where
        else:
            boxes[group.attrib.get("data-state", ANY)] = (where[0], where[1])
    arrows = [one.attrib["d"] for one in drawn.iter(rooms["path"]) if one.attrib.get("class") == "way"]
    assert boxes.keys() - {ANY} == set(dialplan.states)
    assert arrows
    assert crossed(list(boxes.values()), arrows) == []
    assert meeting(list(boxes.values())) == []
    for frame, (x, y, width, height) in frames.items():
        held = {name for name, at in boxes.items() if x < at[0] < x + width and y < at[1] < y + height}
        assert held == {name for name in boxes if name == frame or name.startswith(f"{frame}/")}


@pytest.mark.parametrize("seed", range(40))
def test_nor_in_any_other_with_ways_back_ways_past_and_ways_to_themselves(seed: int) -> None:
    chance = random.Random(seed)
    boxes = [f"s{number}" for number in range(chance.randint(1, 40))]
    arrows: list[Arrow] = [
        (chance.choice(boxes), chance.choice(boxes)) for _ in range(chance.randint(0, 3 * len(boxes)))
    ]
    band = {box: 0 if box == boxes[0] else chance.randint(0, 3) for box in boxes}
    laid = laid_out(boxes, arrows, band)
    assert laid.boxes.keys() == set(boxes)
    assert laid.arrows.keys() == set(arrows)
    corners = list(laid.boxes.values())
    assert crossed(corners, paths(laid)) == []
    assert meeting(corners) == []
    for x, y in [*corners, *(point for path in paths(laid) for point in walked(path))]:
        assert 0 <= x <= laid.width
        assert 0 <= y <= laid.height
    for one, other in combinations(set(band.values()), 2):
        left, right = sorted((one, other))
        reach = max(laid.boxes[box][0] + BOX_WIDTH for box in boxes if band[box] == left)
        assert reach < min(laid.boxes[box][0] for box in boxes if band[box] == right)
    assert laid_out(boxes, arrows, band) == laid, "the same dialplan has the same picture"


def test_an_arrow_joins_the_two_that_it_is_of() -> None:
    laid = laid_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")], dict.fromkeys("abc", 0))
    for (source, target), points in laid.arrows.items():
        for box, (x, y) in ((source, points[0]), (target, points[-1])):
            corner = laid.boxes[box]
            assert corner[0] < x < corner[0] + BOX_WIDTH
            assert y in (corner[1], corner[1] + BOX_HEIGHT)
