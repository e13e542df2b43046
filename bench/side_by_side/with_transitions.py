"""The dialogue in transitions (MIT): one machine, and a model for each call, as its documentation advises for many."""

from __future__ import annotations

from transitions import Machine

from bench.side_by_side import dialogue as d


def _way(
    trigger: str, source: str, dest: str | None, conditions: tuple[str, ...] = (), before: str = ""
) -> dict[str, object]:
    return {
        "trigger": trigger,
        "source": source,
        "dest": dest,
        "conditions": list(conditions),
        "before": before or None,
    }


STATES = [
    {"name": "menu", "on_enter": "say_menu"},
    {"name": "confirm", "on_enter": "say_confirm"},
    {"name": "balance", "on_enter": "say_balance"},
    {"name": "really", "on_enter": "say_really"},
    {"name": "ordered", "on_enter": "say_ordered"},
    {"name": "goodbye", "on_enter": "say_goodbye"},
    {"name": "over"},
]
WAYS = [
    _way("ended", "balance", "menu"),
    _way("ended", "ordered", "menu"),
    _way("ended", "goodbye", "over"),
    _way("ended", "menu", None),
    _way("ended", "confirm", None),
    _way("ended", "really", None),
    _way("silent", "menu", "menu", ("silence_left",), "still_there"),
    _way("silent", "menu", "goodbye"),
    _way("pressed", "menu", "balance", ("key_1",)),
    _way("pressed", "menu", "really", ("key_2",)),
    _way("pressed", "menu", "goodbye", ("key_3",)),
    _way("pressed", "menu", "menu", ("attempt_left",), "pardon"),
    _way("pressed", "menu", "goodbye"),
    _way("pressed", "really", "ordered", ("key_1",)),
    _way("pressed", "really", "menu"),
    _way("said", "menu", "balance", ("sure_balance",)),
    _way("said", "menu", "really", ("sure_order",)),
    _way("said", "menu", "goodbye", ("sure_goodbye",)),
    _way("said", "menu", "confirm", ("unsure",), "remember"),
    _way("said", "menu", "menu", ("attempt_left",), "pardon"),
    _way("said", "menu", "goodbye"),
    _way("said", "confirm", "balance", ("sure_yes", "heard_balance")),
    _way("said", "confirm", "really", ("sure_yes", "heard_order")),
    _way("said", "confirm", "goodbye", ("sure_yes", "heard_goodbye")),
    _way("said", "confirm", "menu", ("attempt_left",), "pardon"),
    _way("said", "confirm", "goodbye"),
]


class Model:
    """What one call knows. Every callback is handed what the event was sent with."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.heard = ""
        self.silences = self.misses = 0

    def say_menu(self, what: str = "", confidence: float = 0.0) -> None:
        self.words.append(d.MENU)

    def say_confirm(self, what: str, confidence: float) -> None:
        self.words.append(d.CONFIRM)

    def say_balance(self, what: str, confidence: float) -> None:
        self.silences = self.misses = 0
        self.words.append(d.BALANCE)

    def say_really(self, what: str, confidence: float) -> None:
        self.silences = self.misses = 0
        self.words.append(d.REALLY)

    def say_ordered(self, what: str, confidence: float) -> None:
        self.words.append(d.ORDERED)

    def say_goodbye(self, what: str, confidence: float) -> None:
        self.words.append(d.GOODBYE)

    def silence_left(self, what: str, confidence: float) -> bool:
        return self.silences < d.ATTEMPTS

    def attempt_left(self, what: str, confidence: float) -> bool:
        return self.misses < d.ATTEMPTS

    def still_there(self, what: str, confidence: float) -> None:
        self.silences += 1
        self.words.append(d.STILL_THERE)

    def pardon(self, what: str, confidence: float) -> None:
        self.misses += 1
        self.words.append(d.PARDON)

    def remember(self, what: str, confidence: float) -> None:
        self.heard = what

    def key_1(self, what: str, confidence: float) -> bool:
        return what == "1"

    def key_2(self, what: str, confidence: float) -> bool:
        return what == "2"

    def key_3(self, what: str, confidence: float) -> bool:
        return what == "3"

    def sure_balance(self, what: str, confidence: float) -> bool:
        return what == "balance" and confidence >= d.ACCEPT

    def sure_order(self, what: str, confidence: float) -> bool:
        return what == "order" and confidence >= d.ACCEPT

    def sure_goodbye(self, what: str, confidence: float) -> bool:
        return what == "goodbye" and confidence >= d.ACCEPT

    def sure_yes(self, what: str, confidence: float) -> bool:
        return what == "yes" and confidence >= d.ACCEPT

    def unsure(self, what: str, confidence: float) -> bool:
        return confidence >= d.ASK_BACK

    def heard_balance(self, what: str, confidence: float) -> bool:
        return self.heard == "balance"

    def heard_order(self, what: str, confidence: float) -> bool:
        return self.heard == "order"

    def heard_goodbye(self, what: str, confidence: float) -> bool:
        return self.heard == "goodbye"


class WithTransitions:
    """transitions."""

    name = "transitions"

    def __init__(self) -> None:
        self._machine = Machine(
            model=None,
            states=STATES,
            transitions=WAYS,
            initial="menu",
            auto_transitions=False,
            ignore_invalid_triggers=False,
        )

    def begin(self) -> Model:
        """A new call."""
        model = Model()
        self._machine.add_model(model)
        model.say_menu()
        return model

    def play(self, call: Model) -> list[str]:
        """A whole call."""
        for kind, what, confidence in d.ACTS:
            getattr(call, kind)(what, confidence)
        self._machine.remove_model(call)
        return call.words
