"""Who hears whom: in every scene, with every supervisor, whoever holds the line."""

from __future__ import annotations

import itertools
from pathlib import Path

from ivr.core.call.scene import SCENES, TALKING, WITH_COLLEAGUE, Cast, Scene, diagram, ears
from ivr.core.orders.desk import DeskAct
from ivr.core.orders.supervisor import SupervisorMode
from ivr.core.orders.talk import CALLER, MACHINE, MUSIC

QUEUES = Path(__file__).parents[3] / "docs" / "queues.md"


def every() -> list[tuple[Scene, Cast]]:
    away = [frozenset[str](), frozenset({"lead"}), frozenset({"colleague"})]
    return [
        (scene, Cast("lead", "colleague" if scene in WITH_COLLEAGUE else "", answered, muted, gone, boss, mode))
        for scene, answered, muted, gone, boss, mode in itertools.product(
            Scene, (False, True), (False, True), away, ("", "boss"), SupervisorMode
        )
    ]


def test_a_supervisor_is_heard_by_those_of_their_mode_and_by_nobody_else() -> None:
    for scene, cast in every():
        hearing = {one for one, heard in ears(scene, cast).items() if "boss" in heard}
        allowed = {
            SupervisorMode.LISTEN: set[str](),
            SupervisorMode.WHISPER: {"lead"},
            SupervisorMode.JOIN: {"lead", "colleague", CALLER},
        }[cast.mode]
        assert hearing <= allowed, (scene, cast)


def test_nobody_hears_themselves_a_mute_agent_or_a_phone_that_holds_us() -> None:
    for scene, cast in every():
        for one, heard in ears(scene, cast).items():
            assert one not in heard
            assert not cast.away & set(heard)
            assert not (cast.muted and "lead" in heard and one != "boss"), (scene, cast)


def test_whoever_hears_music_hears_nobody_and_is_heard_by_nobody() -> None:
    for scene, cast in every():
        found = ears(scene, cast)
        for one, heard in found.items():
            if MUSIC in heard:
                assert heard == (MUSIC,)
                assert not any(one in others for others in found.values()), (scene, cast)


def test_while_the_line_has_taken_over_the_agent_hears_it_and_not_the_caller_who_hears_nobody_else() -> None:
    for scene, cast in every():
        found = ears(scene, cast)
        if scene is Scene.ASSIST:
            assert found[CALLER] == ()
            assert (MACHINE in found["lead"]) is ("lead" not in cast.away)
            assert not any(CALLER in heard for heard in found.values()), "what they key in or say may be secret"
        else:
            assert not any(MACHINE in heard for heard in found.values())


def test_a_caller_of_a_talk_hears_somebody_or_music_unless_the_agent_is_mute() -> None:
    for scene, cast in every():
        if scene in TALKING - {Scene.ASSIST} and not cast.muted:
            assert ears(scene, cast)[CALLER], (scene, cast)


def test_in_every_scene_of_a_talk_it_is_said_what_may_be_asked_for() -> None:
    assert SCENES.keys() == TALKING


def test_every_scene_of_a_talk_has_a_way_back_to_it() -> None:
    for scene in TALKING - {Scene.TALK, Scene.ASSIST}:  # out of this one leads the dialplan
        assert DeskAct.BACK in SCENES[scene]
        assert SCENES[scene][DeskAct.BACK] is Scene.TALK


def test_the_documentation_shows_the_table() -> None:
    assert diagram() in QUEUES.read_text(encoding="utf-8")
