"""Who hears whom in one call, as it changes: only what is new is ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ivr.core.call.scene import Cast, Scene, ears
from ivr.core.commands import Command
from ivr.core.orders.playing import PlayMusic, StopMusic
from ivr.core.orders.talk import CALLER, MUSIC, Hear


class Stage:
    """The scene and its cast."""

    def __init__(self) -> None:
        self.scene = Scene.APART
        self.cast = Cast()
        self._heard: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._music = False

    def recast(self, **changes: Any) -> None:
        """Someone of the cast is another, or otherwise: fields of Cast. `arranged` says what follows."""
        self.cast = replace(self.cast, **changes)

    def to(self, scene: Scene) -> list[Command]:
        """The scene changes."""
        self.scene = scene
        return self.arranged()

    def away(self, party: str, *, holds: bool) -> list[Command]:
        """Somebody's phone holds us, or holds us no longer."""
        self.recast(away=self.cast.away | {party} if holds else self.cast.away - {party})
        return self.arranged()

    def hearing(self, party: str) -> list[str]:
        """Who hears a party now."""
        return [one for one, heard in self._heard if party in heard]

    def arranged(self) -> list[Command]:
        """What changed in who hears whom; the caller's music is the player's."""
        found = ears(self.scene, self.cast)
        music = found.get(CALLER) == (MUSIC,)
        if music:
            found[CALLER] = ()
        orders: list[Command] = []
        if music is not self._music:
            self._music = music
            orders.append(PlayMusic() if music else StopMusic())
        heard = tuple(sorted(found.items()))
        if heard != self._heard:
            self._heard = heard
            orders.append(Hear(heard))
        return orders
