"""Prompts by acts: spoken ahead of publishing, and told with who spoke them."""

from __future__ import annotations

import pytest

from ivr.engine.office import dialplans, prompts
from ivr.engine.office.dialplans import Publish
from ivr.engine.office.prompts import ListPrompts, RenderPrompts
from ivr.errors import OperatorError
from tests.unit.office.house import PLAN, House

TEXT = """\
name: small
version: "1"
languages: [en, zh]
start: hello
states:
  hello: {say: {en: Hello., zh: 您好。}, go: bye}
  bye: {hang_up: completed}
"""


@pytest.fixture
def house() -> House:
    made = House()
    made.drafts.files[PLAN] = TEXT
    return made


def test_who_renders_before_there_are_keys_is_told_what_to_type(house: House) -> None:
    house.begun = False
    with pytest.raises(OperatorError, match=r"no keys yet: make them \(ivr keys init\), then render"):
        prompts.render(house.office("os:olga"), RenderPrompts())


def test_what_was_rendered_ahead_is_not_spoken_again_when_it_is_published(house: House) -> None:
    rendered = prompts.render(house.office("os:olga"), RenderPrompts())
    assert prompts.list_prompts(house.office("os:olga"), ListPrompts()) == ()
    spoken: list[tuple[int, int]] = []
    asked = Publish(progress=lambda done, of: spoken.append((done, of)), reason="asked for")
    made = dialplans.publish(house.office("os:olga"), asked).publication
    assert len(made.prompts) == rendered.prompts
    assert spoken == []


def test_each_prompt_is_listed_with_the_voice_that_spoke_it(house: House) -> None:
    dialplans.publish(house.office("os:olga"), Publish(reason="asked for"))
    listed = prompts.list_prompts(house.office("os:nobody"), ListPrompts())
    spoken_by = {one.text: one.spoken_by for one in listed}
    assert spoken_by["Hello."] == "fake-1/fake-en"
    assert spoken_by["您好。"] == "fake-1/fake-zh"
