"""The dialogue in python-statemachine (MIT): states and transitions are declared on a class, conditions are methods."""

from __future__ import annotations

from statemachine import State, StateMachine

from bench.side_by_side import dialogue as d


class Menu(StateMachine):
    """One call."""

    menu = State(initial=True)
    confirm = State()
    balance = State()
    really = State()
    ordered = State()
    goodbye = State()
    over = State(final=True)

    ended = (
        balance.to(menu)
        | ordered.to(menu)
        | goodbye.to(over)
        | menu.to.itself(internal=True)
        | confirm.to.itself(internal=True)
        | really.to.itself(internal=True)
    )
    silent = menu.to(menu, cond="silence_left", on="still_there") | menu.to(goodbye)
    pressed = (
        menu.to(balance, cond="key_1")
        | menu.to(really, cond="key_2")
        | menu.to(goodbye, cond="key_3")
        | menu.to(menu, cond="attempt_left", on="pardon")
        | menu.to(goodbye)
        | really.to(ordered, cond="key_1")
        | really.to(menu)
    )
    said = (
        menu.to(balance, cond="sure_balance")
        | menu.to(really, cond="sure_order")
        | menu.to(goodbye, cond="sure_goodbye")
        | menu.to(confirm, cond="unsure", on="remember")
        | menu.to(menu, cond="attempt_left", on="pardon")
        | menu.to(goodbye)
        | confirm.to(balance, cond="sure_yes and heard_balance")
        | confirm.to(really, cond="sure_yes and heard_order")
        | confirm.to(goodbye, cond="sure_yes and heard_goodbye")
        | confirm.to(menu, cond="attempt_left", on="pardon")
        | confirm.to(goodbye)
    )

    def __init__(self) -> None:
        self.words: list[str] = []
        self.heard = ""
        self.silences = self.misses = 0
        super().__init__()

    def on_enter_menu(self) -> None:
        self.words.append(d.MENU)

    def on_enter_confirm(self) -> None:
        self.words.append(d.CONFIRM)

    def on_enter_balance(self) -> None:
        self.silences = self.misses = 0
        self.words.append(d.BALANCE)

    def on_enter_really(self) -> None:
        self.silences = self.misses = 0
        self.words.append(d.REALLY)

    def on_enter_ordered(self) -> None:
        self.words.append(d.ORDERED)

    def on_enter_goodbye(self) -> None:
        self.words.append(d.GOODBYE)

    def silence_left(self) -> bool:
        return self.silences < d.ATTEMPTS

    def attempt_left(self) -> bool:
        return self.misses < d.ATTEMPTS

    def still_there(self) -> None:
        self.silences += 1
        self.words.append(d.STILL_THERE)

    def pardon(self) -> None:
        self.misses += 1
        self.words.append(d.PARDON)

    def remember(self, what: str) -> None:
        self.heard = what

    def key_1(self, what: str) -> bool:
        return what == "1"

    def key_2(self, what: str) -> bool:
        return what == "2"

    def key_3(self, what: str) -> bool:
        return what == "3"

    def sure_balance(self, what: str, confidence: float) -> bool:
        return what == "balance" and confidence >= d.ACCEPT

    def sure_order(self, what: str, confidence: float) -> bool:
        return what == "order" and confidence >= d.ACCEPT

    def sure_goodbye(self, what: str, confidence: float) -> bool:
        return what == "goodbye" and confidence >= d.ACCEPT

    def sure_yes(self, what: str, confidence: float) -> bool:
        return what == "yes" and confidence >= d.ACCEPT

    def unsure(self, confidence: float) -> bool:
        return confidence >= d.ASK_BACK

    def heard_balance(self) -> bool:
        return self.heard == "balance"

    def heard_order(self) -> bool:
        return self.heard == "order"

    def heard_goodbye(self) -> bool:
        return self.heard == "goodbye"


class WithStatemachine:
    """python-statemachine."""

    name = "python-statemachine"

    def begin(self) -> Menu:
        """A new call."""
        return Menu()

    def play(self, call: Menu) -> list[str]:
        """A whole call."""
        for kind, what, confidence in d.ACTS:
            call.send(kind, what=what, confidence=confidence)
        return call.words
