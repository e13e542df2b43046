"""The sections of the settings. Each field says what it means; what is refused says why."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ivr.core.call.feature_keys import DEFAULT_CODES, PAUSE, RESUME, clashes
from ivr.core.call.life import LEAST_GONE_SECONDS
from ivr.core.identity.verifier import AGENTS, Costs
from ivr.core.orders.desk import DeskAct
from ivr.core.queueing.directory import SIP_URI


class Section(BaseModel):
    """A part of the settings: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


def _endpoint(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise ValueError(f"{value!r} is not ADDRESS:PORT with an IPv4 address, such as 0.0.0.0:5060") from None
    if not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{port!r} is not a port, 0 to 65535 (0: pick a free one)")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.IPv4Network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is not an IPv4 network, such as 10.0.0.0/8") from None


def _sip_address(value: str) -> str:
    if not SIP_URI.fullmatch(value):
        raise ValueError(f"{value!r} is not a SIP URI such as sip:+85212345678@trunk.example")
    return value


def _transfer_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", value):
        raise ValueError(f"{value!r} is no name: small letters, digits and _")
    return value


SipAddress = Annotated[str, AfterValidator(_sip_address)]
TransferName = Annotated[str, AfterValidator(_transfer_name)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Network = Annotated[str, AfterValidator(_network)]


def split_endpoint(value: str) -> tuple[str, int]:
    """(address, port) of a checked ADDRESS:PORT."""
    host, _, port = value.rpartition(":")
    return host, int(port)


class DialplanSettings(Section):
    """A dialplan and the numbers it serves."""

    file: Path
    called: tuple[str, ...] | Literal["default"] = "default"
    """User parts that were dialled; `default`: every number that no other dialplan names."""


class MediaSettings(Section):
    """RTP."""

    bind_address: str | None = None
    """Where media is received; by default what `sip.listen` names."""
    rtp_ports: str = "16384-24575"
    """First and last UDP port, or `auto`."""
    codecs: tuple[Literal["PCMU", "PCMA", "G722"], ...] = ("PCMU", "PCMA", "G722")
    """In the order we prefer them."""
    rtp_source: Literal["symmetric", "negotiated", "first"] = "symmetric"
    """negotiated: only from the address in the SDP. symmetric: trunks so; of other callers also from the host that
    their SIP comes from (NAT), and from whichever sends first alone. first: from whoever sends first alone."""
    dtmf_inband: Literal["auto", "always", "never"] = "auto"
    """Listen for key tones in the audio; auto: when the peer did not offer telephone-event (RFC 4733)."""
    relay: Literal["auto", "always", "never"] = "auto"
    """auto: where rtpengine is installed it carries the media of whoever encrypts it (SRTP by SDES or DTLS, ICE) and of
    nobody else. always: media in clear too, of whoever sends from the very address and port in their SDP. never:
    encrypted media is refused."""
    relay_ports: str = "24576-28671"
    """First and last UDP port of the relay, four a call, or `auto`."""
    relay_control: int = Field(default=0, ge=0, le=65535)
    """Port on loopback, UDP and TCP, where the relay takes the edge's orders. 0: pick a free one."""
    srtp: Literal["offered", "required"] = "offered"
    """required: media in clear is refused, and so is encrypted media whose keys came by SIP in clear."""
    plain_from: tuple[Network, ...] = ()
    """Networks whose media may be in clear all the same, such as a trunk on a line of its own."""
    clock: Literal["auto", "python"] = "auto"
    """auto: frames that need no decision are moved by C, where it was built as ivr was installed. python: none are."""

    @field_validator("rtp_ports", "relay_ports")
    @classmethod
    def _is_range(cls, value: str) -> str:
        if value == "auto":
            return value
        match = re.fullmatch(r"(\d+)-(\d+)", value)
        if not match or not 1024 <= int(match[1]) < int(match[2]) <= 65535:
            raise ValueError(f"{value!r} is not FIRST-LAST between 1024 and 65535, nor auto")
        return value

    @field_validator("codecs")
    @classmethod
    def _some_codec(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one codec")
        return value


class CellSettings(Section):
    """The processes that carry calls: one call each."""

    count: int = Field(default=8, ge=1, le=500)
    recycle_after: int = Field(default=200, ge=1)
    """Calls after which a cell is replaced by a fresh one."""
    base_port: int = Field(default=5070, ge=0, le=65000)
    """SIP port of cell 0; cell n has the nth after it. 0: pick free ones."""


class AgentVoiceCosts(Section):
    """Of the check of agents' legs: it is nearly always the agent who speaks, and who looks in vain loses little."""

    prior: float = Field(default=AGENTS.prior, gt=0, lt=1)
    """Share of the voices on agents' legs that are the agent's."""
    false_accept: float = Field(default=AGENTS.false_accept, gt=0)
    """Cost of taking somebody else for the agent."""
    false_reject: float = Field(default=AGENTS.false_reject, gt=0)
    """Cost of a false alarm: of taking the agent for somebody else."""
    unsure: float = Field(default=AGENTS.unsure, gt=0)
    """Cost of listening longer."""

    @model_validator(mode="after")
    def _costs_decide(self) -> AgentVoiceCosts:
        self.costs()
        return self

    def costs(self) -> Costs:
        """What a wrong decision costs. Raises ValueError."""
        return Costs(self.prior, self.false_accept, self.false_reject, self.unsure)


class VoiceSettings(Section):
    """Knowing callers by their voice. The costs decide where a dialplan names none; only their proportions matter."""

    prior: float = Field(default=0.9, gt=0, lt=1)
    """Share of the callers who are the customer that they name."""
    false_accept: float = Field(default=10_000.0, gt=0)
    """Cost of taking somebody else for the customer."""
    false_reject: float = Field(default=20.0, gt=0)
    """Cost of sending the customer away."""
    unsure: float = Field(default=1.0, gt=0)
    """Cost of asking once more, or in another way."""
    calibration: Path | None = None
    """What `ivr voiceprint calibrate` made of your own callers; none: the one that comes with the embedder."""
    heard_days: float = Field(default=365.0, ge=1, le=3650)
    """How long an answer is remembered, so that a recording of it is refused."""
    agents: bool = False
    """Whether what is heard on an agent's leg of a talk is compared with the voice that they enrolled (`ivr agents
    enroll-voice`). It ends nothing: who is not known raises the alarm `agent_voice`."""
    agent_costs: AgentVoiceCosts = AgentVoiceCosts()
    """What decides of them."""

    @model_validator(mode="after")
    def _costs_decide(self) -> VoiceSettings:
        self.costs()
        return self

    def costs(self) -> Costs:
        """What a wrong decision costs. Raises ValueError."""
        return Costs(self.prior, self.false_accept, self.false_reject, self.unsure)


class KeySettings(Section):
    """The key store."""

    store: Literal["file", "pkcs11"] = "file"
    """file: sealed by a passphrase. pkcs11: the keys that wrap keys are in a hardware security module."""
    path: Path | None = None
    """By default DATA_DIR/keys/store.json, or token.json for pkcs11."""
    passphrase_file: Path | None = None
    """Holds the passphrase, mode 0600; by default DATA_DIR/keys/passphrase."""
    module: Path | None = None
    """The module's PKCS#11 library, such as /usr/lib/softhsm/libsofthsm2.so."""
    token: str | None = None
    """Label of the token in it."""
    pin_file: Path | None = None
    """Holds the token's user PIN, mode 0600; by default DATA_DIR/keys/pin."""

    @model_validator(mode="after")
    def _token_is_named(self) -> KeySettings:
        if self.store == "pkcs11" and (self.module is None or self.token is None):
            raise ValueError("with `store: pkcs11`, name the library in `module` and the token's label in `token`")
        return self


class DatabaseSettings(Section):
    """Where call records are kept."""

    url: str | None = None
    """By default SQLite in DATA_DIR/ivr.db."""
    password_file: Path | None = None
    """Holds the password of the database's user."""
    standby: bool = False
    """Run a second hub that takes over when the first one dies or hangs on its lock. PostgreSQL only."""

    @field_validator("url")
    @classmethod
    def _no_password(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).password:
            raise ValueError("the URL holds a password: put it into a file and name that in database.password_file")
        return value

    @model_validator(mode="after")
    def _lockable(self) -> Self:
        if self.standby and not (self.url or "").startswith("postgresql"):
            raise ValueError("standby: only PostgreSQL says which hub leads: name one in database.url")
        return self


class AccessSettings(Section):
    """What one person may not do alone."""

    two_persons: tuple[Literal["export", "publish", "roles", "watchlist"], ...] = ()
    """What one may do only after another approved it (`approve` of `ivr recordings`, `roles` and so on)."""


class RetentionSettings(Section):
    """How long recordings are kept."""

    classes_file: Path | None = None
    """Your own classes; by default the examples that ship (all of them: check with counsel)."""
    default: str = "eu-mifid2"
    """Class of calls whose dialplan is not named below."""
    dialplans: dict[str, str] = Field(default_factory=dict)
    """Pattern of a dialplan's name -> class."""
    most_a_day: int = Field(default=1000, ge=1)
    """Calls that are erased in a day at most; what is due beyond waits for an officer (`ivr retention lift`)."""


class ReviewSettings(Section):
    """Which calls wait for a person who judges them. See docs/review.md."""

    days: float = Field(default=14.0, gt=0, le=3660)
    """Calls that began longer ago wait no more."""
    riskiest: float = Field(default=0.1, ge=0, le=1)
    """Share of each day's calls that people hear for their risk, the riskiest; those of the highest class always."""
    sample: float = Field(default=0.02, ge=0, le=1)
    """Share of all calls that are drawn, whatever happened in them: 0.02 is one in fifty."""
    second: float = Field(default=0.1, ge=0, le=1)
    """Share of the judged calls that a second person judges, too, without seeing what the first said."""


Keys = Annotated[str, Field(pattern=r"^[0-9*#]{0,6}$")]


class AgentKeySettings(Section):
    """What an agent can do by keys while talking to a caller. Empty: not by keys.

    Codes of consult, pass_on, hand_over, assist and away are followed by digits and #.
    """

    back: Keys = DEFAULT_CODES[DeskAct.BACK]
    """To the caller alone: off hold, without the colleague."""
    hold: Keys = DEFAULT_CODES[DeskAct.HOLD]
    """The caller hears music; again: they talk on. With a colleague: talk to the other of the two."""
    consult: Keys = DEFAULT_CODES[DeskAct.CONSULT]
    """…EXTENSION#: rings a colleague or a destination while the caller hears music."""
    conference: Keys = DEFAULT_CODES[DeskAct.CONFERENCE]
    """All three talk."""
    transfer: Keys = DEFAULT_CODES[DeskAct.TRANSFER]
    """The caller and the colleague talk on without the agent. So does hanging up."""
    pass_on: Keys = DEFAULT_CODES[DeskAct.PASS_ON]
    """…EXTENSION#: a colleague or a destination is rung for the caller, and the agent leaves at once."""
    hand_over: Keys = DEFAULT_CODES[DeskAct.HAND_OVER]
    """…PLACE#: the caller goes on in the dialplan, where `hand_over:` of the queue's state says."""
    assist: Keys = DEFAULT_CODES[DeskAct.ASSIST]
    """…PLACE#: the line takes over where `assist:` of the queue's state says, while the agent stays and listens."""
    mute: Keys = DEFAULT_CODES[DeskAct.MUTE]
    """Nobody hears the agent; again: they do."""
    away: Keys = DEFAULT_CODES[DeskAct.AWAY]
    """…REASON#: after this call the agent takes no more."""
    log_out: Keys = DEFAULT_CODES[DeskAct.LOG_OUT]
    """The agent is logged out; the call that they have goes on."""
    ready: Keys = DEFAULT_CODES[DeskAct.READY]
    """Takes `away` back."""
    pause: Keys = DEFAULT_CODES[PAUSE]
    """Pauses the recording, for a card number say."""
    resume: Keys = DEFAULT_CODES[RESUME]
    """Lets it go on. So do the end of the talk and the next setting."""
    pause_seconds: float = Field(default=300.0, ge=1, le=1800)
    """Longest pause: a forgotten one must not swallow the call."""
    reasons: dict[Annotated[str, Field(pattern=r"^[0-9]{1,4}$")], str] = Field(
        default_factory=lambda: {"1": "break", "2": "training", "3": "paperwork"}
    )
    """Digits of `away` -> the reason that is entered and shown."""
    destinations: dict[Annotated[str, Field(pattern=r"^[0-9]{1,12}$")], str] = Field(default_factory=dict)
    """Digits by which agents call a destination of `transfers` -> its name."""

    def codes(self) -> dict[str, str]:
        """Act -> keys."""
        return {name: str(getattr(self, name)) for name in DEFAULT_CODES}

    @model_validator(mode="after")
    def _told_apart(self) -> AgentKeySettings:
        for one, other in clashes(self.codes()):
            raise ValueError(f"the keys of `{one}` begin those of `{other}`, which could never be keyed in: change one")
        if self.pause and not self.resume:
            raise ValueError("who may pause the recording must be able to let it go on: set `resume`, too")
        return self


class TalkSettings(Section):
    """Talks with agents and with the targets of transfers."""

    longest_hours: float = Field(default=4.0, ge=0.25, le=24)
    """After so long a talk ends and the dialplan goes on; five minutes before, both hear that it will."""
    gone_seconds: float = Field(default=LEAST_GONE_SECONDS, ge=LEAST_GONE_SECONDS, le=60)
    """An agent's phone from which nothing comes for so long, and no answer whether it is there, is gone. More for
    phones by radio, whose line may fail for some seconds."""


DEMO_BANK = "demo"
"""Stands for the URL of the demo bank, which the supervisor starts: made-up customers, whose PINs are printed."""


class SourceSettings(Section):
    """A system of the bank that lookups ask: POST URL/QUERY with JSON, or a database with its queries."""

    url: str
    """http(s)://…, postgresql://…, sqlite:///…, or `demo`: the demo bank with its made-up customers."""
    token_file: Path | None = None
    """Holds the bearer token, for HTTP."""
    password_file: Path | None = None
    """Holds the password of the database's user."""
    queries: dict[str, str] = Field(default_factory=dict)
    """For a database: a query's name -> one SQL statement with :parameters."""

    @property
    def is_demo_bank(self) -> bool:
        """Whether the demo bank answers."""
        return self.url == DEMO_BANK

    @property
    def is_database(self) -> bool:
        """Whether it is asked in SQL."""
        return self._kind(self.url) in ("postgresql", "sqlite")

    @staticmethod
    def _kind(url: str) -> str:
        return urlsplit(url).scheme.partition("+")[0]

    @field_validator("url")
    @classmethod
    def _is_known(cls, value: str) -> str:
        parts = urlsplit(value)
        over_http = parts.scheme in ("http", "https") and parts.hostname
        if value != DEMO_BANK and not over_http and cls._kind(value) not in ("postgresql", "sqlite"):
            raise ValueError(f"{value!r} is neither http://…, https://…, postgresql://…, sqlite:///… nor demo")
        if parts.password:
            raise ValueError("the URL holds a password: put it into a file and name that in token_file (HTTP: a bearer "
                             "token) or password_file (a database)")  # fmt: skip
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_database != bool(self.queries):
            raise ValueError("queries belong to a database, and a database needs them: NAME: one SQL statement")
        return self


class MetricsSettings(Section):
    """Prometheus metrics: /metrics and /healthz."""

    listen: Endpoint = "127.0.0.1:9464"
    """IPv4 address:port. They say nothing of a caller, and are read by whoever reaches it."""


class LogSettings(Section):
    """What is told of the engine's work; never a caller's data."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lines below it are not written."""
    format: Literal["json", "text"] = "json"
    """JSON, one object a line, for machines; text for people."""
