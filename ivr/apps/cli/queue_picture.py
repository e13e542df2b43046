"""A staffing plan as a picture: calls as a line, agents as steps, half hour by half hour."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 880, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 56, 44, 40


def plan_picture(title: str, names: Sequence[str], calls: Sequence[float], agents: Sequence[int]) -> str:
    """Elements of an SVG, HEIGHT high: agents on the left scale, calls on the right one."""
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = wide / len(names)
    most_agents, most_calls = _round_up(max(*agents, 1)), _round_up(max(*calls, 1))
    floor = TOP + high
    parts = [
        '<g font-family="sans-serif" font-size="12" fill="#333">',
        f'<text x="{LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
        f'<text x="{LEFT}" y="36" fill="#1f5f8b">agents</text>',
        f'<text x="{WIDTH - RIGHT}" y="36" text-anchor="end" fill="#b3541e">calls in the half hour</text>',
    ]
    for quarter in range(5):
        y = floor - high * quarter / 4
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most_agents * quarter / 4:g}</text>')
        parts.append(f'<text x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}">{most_calls * quarter / 4:g}</text>')
    for at, (name, count) in enumerate(zip(names, agents, strict=True)):
        tall = high * count / most_agents
        x = LEFT + at * step
        parts.append(
            f'<rect x="{x + 1:.1f}" y="{floor - tall:.1f}" width="{step - 2:.1f}" height="{tall:.1f}" fill="#9cc4dd">'
            f"<title>{escape(name)}: {count} agents, {calls[at]:g} calls</title></rect>"
        )
        if at % 2 == 0:
            parts.append(f'<text x="{x + step / 2:.1f}" y="{floor + 18}" text-anchor="middle">{escape(name)}</text>')
    points = " ".join(
        f"{LEFT + (at + 0.5) * step:.1f},{floor - high * count / most_calls:.1f}" for at, count in enumerate(calls)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="#b3541e" stroke-width="2"/>')
    return "".join([*parts, "</g>"])


def _round_up(value: float) -> int:
    """The next number whose quarters are whole."""
    return -(-int(-(-value // 1)) // 4) * 4
