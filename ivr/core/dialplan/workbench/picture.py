"""A dialplan as a picture: Mermaid text, and SVG drawn from it in layers. Protected states and warnings stand out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from ivr.core.dialplan.flow import Way, graph
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import (
    EnterState,
    LookupState,
    State,
)
from ivr.core.dialplan.workbench.layout import BOX_HEIGHT, BOX_WIDTH, LOOP, MARGIN, Arrow, Point, laid_out

ANY = "(any question)"
"""Where commands are given, which lead on from every question."""
QUOTED = {'"': "&quot;"}
_COLOURS = {"protected": "#f8d7da", "warning": "#fff3cd", "agent": "#d1e7dd", "end": "#e2e3e5", "plain": "#ffffff"}


def role(state: State, dialplan: Dialplan) -> str:
    """What the state is in the picture."""
    action = state.action if isinstance(state, LookupState) else ""
    return "protected" if state.name in dialplan.protect or action in dialplan.protect else state.role


def _arrows(dialplan: Dialplan) -> dict[tuple[str, str], list[str]]:
    """(from, to) -> reasons; a global command is drawn once, from ANY."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, ways in graph(dialplan).items():
        for way in ways:
            source = ANY if _is_command(way) else name
            reasons = found.setdefault((source, way.target), [])
            if way.why not in reasons:
                reasons.append(way.why)
    return found


def _is_command(way: Way) -> bool:
    return way.path[0] == "commands"


def mermaid(dialplan: Dialplan) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart TD", f"  %% {dialplan.id} {dialplan.sha256}"]
    numbers = {name: f"s{number}" for number, name in enumerate([*dialplan.states, ANY])}
    lines += _grouped(dialplan, numbers, clusters(dialplan), "", "  ")
    if any(source == ANY for source, _ in _arrows(dialplan)):
        lines.append(f'  {numbers[ANY]}(["{ANY}"])')
    for (source, target), reasons in _arrows(dialplan).items():
        lines.append(f'  {numbers[source]} -->|"{", ".join(reasons)}"| {numbers[target]}')
    lines += [f"  classDef {name} fill:{colour},stroke:#333" for name, colour in _COLOURS.items()]
    return "\n".join(lines) + "\n"


def clusters(dialplan: Dialplan) -> dict[str, list[str]]:
    """Use of a dialog -> its own states, the entry first; '' holds the dialplan's own."""
    found: dict[str, list[str]] = {"": []}
    for name, state in dialplan.states.items():
        found.setdefault(name if isinstance(state, EnterState) else name.rpartition("/")[0], []).append(name)
    return found


def _within(groups: dict[str, list[str]], cluster: str) -> list[str]:
    """The uses of dialogs right inside another one."""
    return [name for name in groups if name and name.rpartition("/")[0] == cluster]


def _grouped(
    dialplan: Dialplan, numbers: dict[str, str], groups: dict[str, list[str]], cluster: str, indent: str
) -> list[str]:
    """Mermaid lines of a cluster's states, those of clusters inside it among them."""
    own = [dialplan.states[name] for name in groups[cluster]]
    lines = [f'{indent}{numbers[s.name]}["{s.name}<br/>{s.label}"]:::{role(s, dialplan)}' for s in own]
    for inner in _within(groups, cluster):
        lines.append(f'{indent}subgraph {numbers[inner]}_all["{inner}"]')
        lines += _grouped(dialplan, numbers, groups, inner, indent + "  ")
        lines.append(f"{indent}end")
    return lines


def _bands(groups: dict[str, list[str]]) -> dict[str, int]:
    """State -> number of its columns: those inside a use of a dialog stand right beside those that use it."""
    found: dict[str, int] = {}
    numbers = itertools.count()

    def place(cluster: str) -> None:
        found.update(dict.fromkeys(groups[cluster], next(numbers)))
        for inner in _within(groups, cluster):
            place(inner)

    place("")
    return found


def svg(dialplan: Dialplan) -> str:
    """An SVG drawing; hover over an arrow to read why it is gone."""
    arrows = _arrows(dialplan)
    groups = clusters(dialplan)
    names = [dialplan.start, *(name for name in dialplan.states if name != dialplan.start)]
    if any(source == ANY for source, _ in arrows):
        names.append(ANY)
    laid = laid_out(names, arrows, {ANY: 0, **_bands(groups)})
    width, height = round(laid.width), round(laid.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" role="img"><title>{escape(dialplan.id)}</title>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>',
        f'<text class="name" x="{MARGIN:g}" y="26" font-size="16">{escape(dialplan.id)}</text>',
    ]
    parts += _frames(laid.boxes, groups)
    parts += [_arrow(arrow, laid.arrows[arrow], ", ".join(reasons)) for arrow, reasons in arrows.items()]
    parts += [_box(laid.boxes[name], state, dialplan) for name, state in dialplan.states.items()]
    if ANY in laid.boxes:
        parts.append(_any_question(laid.boxes[ANY]))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frames(place: Mapping[str, Point], groups: dict[str, list[str]]) -> Iterator[str]:
    """A dashed frame round every use of a dialog; those inside another one are drawn closer."""
    for cluster in groups:
        if not cluster:
            continue
        inside = [at for name, at in place.items() if name == cluster or name.startswith(f"{cluster}/")]
        pad = max(6, 18 - 4 * cluster.count("/"))
        x, y = min(at[0] for at in inside) - pad, min(at[1] for at in inside) - pad
        width = max(at[0] for at in inside) + BOX_WIDTH + pad - x
        height = max(at[1] for at in inside) + BOX_HEIGHT + pad - y
        yield (
            f'<g class="dialog"><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="10" '
            f'fill="none" stroke="#888" stroke-dasharray="6 4"/><text x="{x + 6:.1f}" y="{y - 4:.1f}" font-size="10" '
            f'fill="#555">{escape(cluster)}</text></g>'
        )


def _box(at: Point, state: State, dialplan: Dialplan) -> str:
    x, y = at
    kind = role(state, dialplan)
    stroke = "#b02a37" if kind == "protected" else "#333"
    part, _, line = dialplan.places.get((state.name,), "").rpartition(":")
    where = f' data-part="{escape(part, QUOTED)}" data-line="{escape(line, QUOTED)}"' if line else ""
    return (
        f'<g class="state {kind}" data-state="{escape(state.name, QUOTED)}"{where}>'
        f"<title>{escape(state.name)}: {escape(state.label)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{BOX_WIDTH:g}" height="{BOX_HEIGHT:g}" rx="6" '
        f'fill="{_COLOURS[kind]}" stroke="{stroke}" stroke-width="{2 if kind == "protected" else 1}"/>'
        f'<text x="{x + 10:.1f}" y="{y + 19:.1f}" font-size="13">{escape(_fitted(state.name, 25))}</text>'
        f'<text class="label" x="{x + 10:.1f}" y="{y + 36:.1f}" font-size="10" fill="#555">'
        f"{escape(_fitted(state.label, 32))}</text></g>"
    )


def _any_question(at: Point) -> str:
    """Where commands are given."""
    x, y = at
    return (
        f'<g class="any"><rect x="{x:.1f}" y="{y:.1f}" width="{BOX_WIDTH:g}" height="{BOX_HEIGHT:g}" '
        f'rx="{BOX_HEIGHT / 2:g}" fill="#ffffff" stroke="#888" stroke-dasharray="3 3"/>'
        f'<text x="{x + BOX_WIDTH / 2:.1f}" y="{y + 28:.1f}" font-size="12" text-anchor="middle">{ANY}</text></g>'
    )


def _fitted(text: str, letters: int) -> str:
    """Shortened to a box; signs of Chinese are two letters wide."""
    width = 0
    for place, letter in enumerate(text):
        width += 2 if letter >= "\u2e80" else 1
        if width > letters:
            return f"{text[: place - 1]}…"
    return text


def _arrow(arrow: Arrow, points: Sequence[Point], why: str) -> str:
    source, target = arrow
    return (
        f'<path class="way" d="{path_of(points, loop=source == target)}" fill="none" stroke="#555" '
        f'marker-end="url(#tip)"><title>{escape(f"{source} → {target}: {why}")}</title></path>'
    )


def path_of(points: Sequence[Point], *, loop: bool) -> str:
    """An arrow's path: upright where it leaves a gap, so that it stays inside of it."""
    (x, y), *rest = points
    drawn = [f"M{x:.1f},{y:.1f}"]
    if loop:
        ((_, end),) = rest
        return f"{drawn[0]} C{x + LOOP:.1f},{y:.1f} {x + LOOP:.1f},{end:.1f} {x:.1f},{end:.1f}"
    for to_x, to_y in rest:
        bend = (to_y - y) / 2
        straight = abs(abs(to_y - y) - BOX_HEIGHT) < 0.1
        curve = f"C{x:.1f},{y + bend:.1f} {to_x:.1f},{to_y - bend:.1f} {to_x:.1f},{to_y:.1f}"
        drawn.append(f"L{to_x:.1f},{to_y:.1f}" if straight else curve)
        x, y = to_x, to_y
    return " ".join(drawn)
