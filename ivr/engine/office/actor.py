"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.errors import DeniedError


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who asks the office for something, by the word of whoever let them in."""

    name: str
    """As the audit log names them: os:alice, user:bob. Of somebody whom nothing proves, a name that no role is given
    to."""
    proved_by: str
    """How they proved it: login, password, token. Empty: nothing proves it, and this may be anybody."""
    doubt: str = ""
    """Why nothing proves it, and what to do about that."""
    before_roles: bool = True
    """May act while no role was granted yet. Who opens the key store at the machine's command line may; of the console
    its first administrator alone."""
    token: str = ""
    """Name of the token by which a machine acts for this person; empty: they act themselves."""
    scopes: frozenset[str] | None = None
    """Acts that the token is for, of those that this person may do; None: they act themselves."""

    @property
    def is_known(self) -> bool:
        """Whether it is known who this is. Who is not known holds no role and approves nothing."""
        return bool(self.proved_by)

    def must_be_known(self) -> None:
        """Raises DeniedError where it is not known who acts: two persons must be told apart."""
        if not self.is_known:
            raise DeniedError(self.doubt)
