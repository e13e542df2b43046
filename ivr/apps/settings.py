"""Settings: one YAML file, then the environment over it; every one has a default, an unknown one is an error.

`ivr.yaml` in the working directory, or the file named by `--config` or IVR_CONFIG. `IVR_SIP__LISTEN=…` overrides
`sip: {listen: …}`; its value is read as YAML. Secrets are never settings: a setting names the file that holds one.
A relative path begins at the folder of the settings file, and without one at the working directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from ivr.apps.settings_callbacks import CallbackSettings
from ivr.apps.settings_console import ConsoleSettings
from ivr.apps.settings_hosts import HostsSettings, StandbySettings, WorksForSettings, loopback_of
from ivr.apps.settings_inspection import InspectionSettings
from ivr.apps.settings_objects import ObjectSettings
from ivr.apps.settings_queues import QueueSettings, ReportSettings, SkillName
from ivr.apps.settings_sections import (
    DEMO_BANK,
    AccessSettings,
    AgentKeySettings,
    CellSettings,
    DatabaseSettings,
    DialplanSettings,
    KeySettings,
    LogSettings,
    MediaSettings,
    MetricsSettings,
    RetentionSettings,
    ReviewSettings,
    Section,
    SourceSettings,
    TalkSettings,
    TransferName,
    VoiceSettings,
    split_endpoint,
)
from ivr.apps.settings_sip import SipSettings
from ivr.apps.settings_sites import SiteName, SiteSettings
from ivr.apps.settings_speech import SpeechSettings
from ivr.apps.settings_together import CELL_RTP_PORTS, faults_together
from ivr.apps.settings_trunks import Destination, TrunkName, TrunkSettings
from ivr.apps.settings_words import LocatedFaults, Place
from ivr.errors import SettingsError

__all__ = ["CELL_RTP_PORTS", "DialplanSettings", "Settings", "SourceSettings", "split_endpoint"]

SOCKET_PATH_MAX = 107
"""Longest path of a Unix socket on Linux, bytes (sun_path is 108 with its NUL, unix(7))."""


class Settings(Section):
    """All of them."""

    _places: Mapping[Place, str] = PrivateAttr(default_factory=dict)

    data_dir: Path = Path("var")
    """Keys, the audit log, the database, prompts and what is published: nothing else may write there."""
    run_dir: Path | None = None
    """Sockets; by default DATA_DIR/run."""
    recordings_dir: Path = Path("recordings")
    """Sealed recordings; may be on another disk."""
    objects: ObjectSettings | None = None
    """Where recordings go once they are sealed for good; not given: they stay in recordings_dir."""
    voiceprints_dir: Path = Path("voiceprints")
    """Sealed voiceprints of customers who enrolled."""
    dialplans: tuple[DialplanSettings, ...] = (
        DialplanSettings(file=Path("dialplans/wealth.yaml")),
        DialplanSettings(file=Path("dialplans/card.yaml"), called=("2000", "card")),
        DialplanSettings(file=Path("dialplans/loan.yaml"), called=("3000", "loan")),
    )
    """What may be published, and the numbers that each answers. The default is the examples that ship."""
    edge: bool = True
    """Run Kamailio before the cells. Without it cells take calls on their own ports: for a laptop, not for a bank."""
    sip: SipSettings = SipSettings()
    media: MediaSettings = MediaSettings()
    cells: CellSettings = CellSettings()
    hosts: HostsSettings = HostsSettings()
    works_for: WorksForSettings | None = None
    """This host's cells carry calls of the engine of another one; not given: it has an engine of its own."""
    standby: StandbySettings | None = None
    """Another machine has this line, too, on the same directories: one of them leads. Not given: there is one."""
    speech: SpeechSettings = SpeechSettings()
    voice: VoiceSettings = VoiceSettings()
    keys: KeySettings = KeySettings()
    database: DatabaseSettings = DatabaseSettings()
    access: AccessSettings = AccessSettings()
    retention: RetentionSettings = RetentionSettings()
    reviews: ReviewSettings = ReviewSettings()
    inspection: InspectionSettings = InspectionSettings()
    sites: dict[SiteName, SiteSettings] = Field(default_factory=dict)
    """Places where agents work, with their hours."""
    skills: tuple[SkillName, ...] = ()
    """Skills that queues may ask for. Languages (`lang:CODE`) and sites (`site:NAME`) need not be named."""
    queues: dict[str, QueueSettings] = Field(default_factory=dict)
    """Queues that differ from the default; any queue a dialplan names exists."""
    callbacks: CallbackSettings = CallbackSettings()
    reports: ReportSettings = ReportSettings()
    transfers: dict[TransferName, Destination] = Field(default_factory=dict)
    """Destinations of transfers: name -> SIP URI, such as sip:desk@pbx.example, or a number, which goes by a trunk."""
    trunks: dict[TrunkName, TrunkSettings] = Field(default_factory=dict)
    """Carriers and PBXs by which numbers are dialled, in the order in which they are tried."""
    agent_keys: AgentKeySettings = AgentKeySettings()
    talks: TalkSettings = TalkSettings()
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    """Systems of the bank that dialplans ask. The example dialplans alone bring the demo bank with them: whoever names
    dialplans of their own names who answers them."""
    demo_calls: bool = False
    """While nothing is recorded yet, the robot of `ivr demo` dials in by itself. The example dialplans alone bring that
    with them too."""
    browser_calls: bool = False
    """Whoever opens the console's page /call calls the line with their browser, without a sign-in. The example
    dialplans alone bring that with them too, on this machine."""
    console: ConsoleSettings = ConsoleSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    drain_seconds: float = Field(default=60.0, ge=0)
    """A stopping engine lets running calls go on for so long."""

    @model_validator(mode="before")
    @classmethod
    def _examples_bring_the_demo_bank(cls, written: Any) -> Any:
        if not isinstance(written, dict) or written.keys() & {"dialplans", "sources"}:
            return written
        return {"demo_calls": True, "browser_calls": True, **written, "sources": {"bank": {"url": DEMO_BANK}}}

    @model_validator(mode="after")
    def _make_sense(self) -> Settings:
        if faults := faults_together(self):
            raise LocatedFaults(faults)
        return self

    # --- where they are written -----------------------------------------------------------------------------------

    def written(self, places: Mapping[Place, str]) -> None:
        """Remember file and line of each setting, for what is found out about it later."""
        self._places = places

    def place_of(self, name: str) -> str:
        """File and line ("ivr.yaml:12") of a setting, or of the section around it; "" for what nobody wrote.

        `name`: as it is written with dots, such as sip.tls.key.
        """
        lines = {".".join(map(str, place)): line for place, line in self._places.items()}
        while name and name not in lines:
            name = name.rpartition(".")[0]
        return lines.get(name, "")

    # --- what follows from them ---------------------------------------------------------------------------------

    @property
    def sip_endpoint(self) -> tuple[str, int]:
        """(address, port) that callers reach."""
        return split_endpoint(self.sip.listen)

    @property
    def rtp_range(self) -> tuple[int, int]:
        """First and last port of `media.rtp_ports`; auto must have been resolved."""
        if self.media.rtp_ports == "auto":
            raise SettingsError("media.rtp_ports is auto: it has no numbers before the engine has started")
        first, _, last = self.media.rtp_ports.partition("-")
        return int(first), int(last)

    @property
    def relay_range(self) -> tuple[int, int]:
        """First and last port of `media.relay_ports`; auto must have been resolved."""
        if self.media.relay_ports == "auto":
            raise SettingsError("media.relay_ports is auto: it has no numbers before the engine has started")
        first, _, last = self.media.relay_ports.partition("-")
        return int(first), int(last)

    @property
    def media_address(self) -> str:
        """Address that media is received on."""
        if self.works_for is not None:
            return self.works_for.address
        return self.media.bind_address or self.sip_endpoint[0]

    @property
    def calls_per_source(self) -> int:
        """Calls that one address which is no trunk may have at once: half of the cells, if the settings say nothing."""
        return self.sip.calls_per_source or max(1, self.cells.count // 2)

    @property
    def cells_everywhere(self) -> int:
        """How many cells there are to be, on all hosts."""
        return self.cells.count + sum(host.count for host in self.hosts.cells.values())

    @property
    def cell_sip_address(self) -> str:
        """Address of the cells' SIP: loopback behind the edge, else where callers reach us."""
        if self.works_for is not None:
            return loopback_of(self.works_for.address)
        return "127.0.0.1" if self.edge else self.sip_endpoint[0]

    def cell_sip_port(self, cell: int) -> int:
        """SIP port of a cell. Without an edge cell 0 has the port that callers know."""
        return (self.cells.base_port if self.edge else self.sip_endpoint[1]) + cell

    def cell_rtp_ports(self, cell: int) -> tuple[int, int]:
        """First (even) and last UDP port of a cell's media."""
        first = self.rtp_range[0] + self.rtp_range[0] % 2 + cell * CELL_RTP_PORTS
        return first, first + CELL_RTP_PORTS - 1

    @property
    def runtime_dir(self) -> Path:
        """Sockets, the edge's run-time files."""
        return self.run_dir or self.data_dir / "run"

    @property
    def hub_socket(self) -> Path:
        """Where cells and the command line reach the hub."""
        return self.runtime_dir / "hub.sock"

    @property
    def speech_socket(self) -> Path:
        """Where cells reach our own speech service."""
        return self.runtime_dir / "speech.sock"

    @property
    def leading_dir(self) -> Path:
        """Which of two machines leads."""
        return self.data_dir / "leading"

    @property
    def hosts_dir(self) -> Path:
        """Who the other hosts are, and the authority that signs their certificates."""
        return self.data_dir / "hosts"

    @property
    def dialogs_dir(self) -> Path:
        """Where the hub notes, sealed, whom cells talk with: for a hub that comes after it."""
        return self.runtime_dir / "dialogs"

    @property
    def nursery_socket(self) -> Path:
        """Where the nursery takes the supervisor's orders."""
        return self.runtime_dir / "nursery.sock"

    @property
    def edge_dir(self) -> Path:
        """Kamailio's configuration, sockets and log."""
        return self.runtime_dir / "edge"

    @property
    def keystore_path(self) -> Path:
        """The key store."""
        name = "store.json" if self.keys.store == "file" else "token.json"
        return self.keys.path or self.data_dir / "keys" / name

    @property
    def passphrase_path(self) -> Path:
        """File with the key store's passphrase."""
        return self.keys.passphrase_file or self.data_dir / "keys" / "passphrase"

    @property
    def pin_path(self) -> Path:
        """File with the token's PIN."""
        return self.keys.pin_file or self.data_dir / "keys" / "pin"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL, without any password."""
        return self.database.url or f"sqlite:///{self.data_dir / 'ivr.db'}"

    @property
    def prompts_dir(self) -> Path:
        """Prompts rendered at publishing, by content hash."""
        return self.data_dir / "prompts"

    @property
    def models_dir(self) -> Path:
        """Models that the operator supplied."""
        return self.speech.models_dir or self.data_dir / "models"

    @property
    def agent_choices_path(self) -> Path:
        """What agents chose: logged out, paused."""
        return self.data_dir / "agent-choices.json"

    @property
    def agents_path(self) -> Path:
        """The directory of agents."""
        return self.data_dir / "agents.json"

    @property
    def roles_path(self) -> Path:
        """Bookmark of who holds which role; the audit log decides. It lies beside the key store, so that settings that
        name another data directory, and with it another log, are found out."""
        return self.keystore_path.parent / "roles.json"

    @property
    def alarms_path(self) -> Path:
        """Alarms, one JSON object a line."""
        return self.runtime_dir / "alarms.jsonl"

    def queue(self, name: str) -> QueueSettings:
        """Settings of a queue; the default ones if none are given."""
        return self.queues.get(name, QueueSettings())

    def check_socket_paths(self) -> None:
        """Refuse a run directory too deep for Unix sockets."""
        longest = str(self.edge_dir / "r3fffff-fffffff")  # by which the edge answers (`Exchange`)
        if len(longest.encode()) > SOCKET_PATH_MAX:
            setting = "data_dir" if self.run_dir is None else "run_dir"
            raise SettingsError(
                f"{setting}: {self.runtime_dir} is too deep for Unix sockets ({len(longest.encode())} bytes with the "
                f"longest name, at most {SOCKET_PATH_MAX}): set run_dir to a shorter path, such as /run/ivr"
            )

    def public(self) -> dict[str, Any]:
        """All settings as plain data, defaults filled in; holds no secret."""
        return self.model_dump(mode="json")
