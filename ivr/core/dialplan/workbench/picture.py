"""A dialplan as a picture: Mermaid text, and SVG drawn from it in layers. Protected states and warnings stand out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from xml.sax.saxutils import escape

from ivr.core.dialplan.flow import Way, graph
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import (
    EnterState,
    LookupState,
    State,
)

BOX_WIDTH, BOX_HEIGHT = 190, 46
GAP_X, GAP_Y = 40, 70
_COLOURS = {"protected": "#f8d7da", "warning": "#fff3cd", "agent": "#d1e7dd", "end": "#e2e3e5", "plain": "#ffffff"}


def role(state: State, dialplan: Dialplan) -> str:
    """What the state is in the picture."""
    action = state.action if isinstance(state, LookupState) else ""
    return "protected" if state.name in dialplan.protect or action in dialplan.protect else state.role


def _arrows(dialplan: Dialplan) -> dict[tuple[str, str], list[str]]:
    """(from, to) -> reasons; a global command is drawn once, from `(any question)`."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, ways in graph(dialplan).items():
        for way in ways:
            source = "(any question)" if _is_command(way) else name
            reasons = found.setdefault((source, way.target), [])
            if way.why not in reasons:
                reasons.append(way.why)
    return found


def _is_command(way: Way) -> bool:
    return way.path[0] == "commands"


def mermaid(dialplan: Dialplan) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart TD", f"  %% {dialplan.id} {dialplan.sha256}"]
    numbers = {name: f"s{number}" for number, name in enumerate([*dialplan.states, "(any question)"])}
    lines += _grouped(dialplan, numbers, clusters(dialplan), "", "  ")
    if any(source == "(any question)" for source, _ in _arrows(dialplan)):
        lines.append(f'  {numbers["(any question)"]}(["(any question)"])')
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


def _columns(layers: list[list[str]], groups: dict[str, list[str]]) -> dict[str, int]:
    """State -> column. Each cluster has columns of its own, so that a frame round it holds no other's state."""
    found: dict[str, int] = {}

    def place(cluster: str, first: int) -> int:
        own = set(groups[cluster])
        width = 0
        for layer in layers:
            here = [name for name in layer if name in own]
            found.update({name: first + column for column, name in enumerate(here)})
            width = max(width, len(here))
        after = first + width
        for inner in _within(groups, cluster):
            after = place(inner, after)
        return after

    place("", 0)
    return found


def _frames(place: dict[str, tuple[int, int]], groups: dict[str, list[str]]) -> Iterator[str]:
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
            f'<g class="dialog"><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="none" '
            f'stroke="#888" stroke-dasharray="6 4"/><text x="{x + 6}" y="{y - 4}" font-size="10" '
            f'fill="#555">{escape(cluster)}</text></g>'
        )


def _layers(dialplan: Dialplan, arrows: dict[tuple[str, str], list[str]]) -> list[list[str]]:
    """States by their distance from the start."""
    depth = {dialplan.start: 0}
    waiting = deque([dialplan.start])
    while waiting:
        name = waiting.popleft()
        for source, target in arrows:
            if source == name and target not in depth:
                depth[target] = depth[name] + 1
                waiting.append(target)
    for name in dialplan.states:
        depth.setdefault(name, max(depth.values()) + 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in dialplan.states:
        layers[depth[name]].append(name)
    return [layer for layer in layers if layer]


def svg(dialplan: Dialplan) -> str:
    """An SVG drawing; hover over an arrow to read why it is gone."""
    arrows = _arrows(dialplan)
    layers = _layers(dialplan, arrows)
    groups = clusters(dialplan)
    columns = _columns(layers, groups)
    place = {
        name: (columns[name] * (BOX_WIDTH + GAP_X) + GAP_X, row * (BOX_HEIGHT + GAP_Y) + GAP_Y)
        for row, layer in enumerate(layers)
        for name in layer
    }
    width = max(x for x, _ in place.values()) + BOX_WIDTH + GAP_X
    height = max(y for _, y in place.values()) + BOX_HEIGHT + GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>',
        f'<text x="{GAP_X}" y="30" font-size="16">{escape(dialplan.id)}</text>',
    ]
    parts += [
        _arrow(place[source], place[target], ", ".join(reasons))
        for (source, target), reasons in arrows.items()
        if source in place
    ]
    parts += _frames(place, groups)
    parts += [_box(place[name], state, dialplan) for name, state in dialplan.states.items()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(at: tuple[int, int], state: State, dialplan: Dialplan) -> str:
    x, y = at
    kind = role(state, dialplan)
    stroke = "#b02a37" if kind == "protected" else "#333"
    return (
        f'<g><rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="{_COLOURS[kind]}" '
        f'stroke="{stroke}" stroke-width="{2 if kind == "protected" else 1}"/>'
        f'<text x="{x + 8}" y="{y + 19}" font-size="13">{escape(state.name)}</text>'
        f'<text x="{x + 8}" y="{y + 36}" font-size="10" fill="#555">{escape(state.label)}</text></g>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int], why: str) -> str:
    downward = end[1] > start[1]
    x1, y1 = start[0] + BOX_WIDTH // 2, start[1] + (BOX_HEIGHT if downward else 0)
    x2, y2 = end[0] + BOX_WIDTH // 2, end[1] + (0 if downward else BOX_HEIGHT)
    bend = GAP_Y // 2 if downward else -GAP_Y // 2
    path = f"M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 - bend} {x2},{y2}"
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#tip)"><title>{escape(why)}</title></path>'
