"""One cell's process: the only process that imports pjsua2 (GPL-2-or-later)."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import NoReturn

from ivr.adapters.openssl.journals import find_journals
from ivr.adapters.pjsip.rtp_source import SourceRule
from ivr.adapters.pjsip.telephony import PjsipConfig, PjsipTelephony
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.wiring.call_ids import new_call_id
from ivr.apps.wiring.edge import outgoing, transfer_addresses
from ivr.apps.wiring.hub_client import hub_of
from ivr.apps.wiring.only_one import cell_lives
from ivr.apps.wiring.served import load_served, offers
from ivr.apps.wiring.sources import open_sources
from ivr.apps.wiring.stir import judge
from ivr.core.dialplan.own_sources import ACCOUNTS, AGENTS
from ivr.core.media.music import hold_music
from ivr.engine.bus.cell_link import HubLink
from ivr.engine.cell.account_proofs import AccountProofs
from ivr.engine.cell.agent_codes import AgentCodes
from ivr.engine.cell.cell import Cell
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.engine.publishing.served import ServedPlans
from ivr.engine.speech.link import SpeechLink
from ivr.engine.supervisor.nursery import Loaded
from ivr.errors import BugError

_LOG = logging.getLogger("ivr.cell")
_music = b""
_served: ServedPlans | None = None


def preload(settings: Settings) -> None:
    """Make before the fork what every cell shares: imported modules (by this file, and by the sources) and the music.

    All of it is frozen: a collection in the cell would write into every object's head, and so copy the shared pages.
    """
    global _music
    if not _music:
        _music = hold_music()
        open_sources(settings)
        gc.collect()
        gc.freeze()


def load_for_cells(settings: Settings, publication: str) -> Loaded:
    """Read a publication before the fork: its cells share it, and look at no file. The only time that it is parsed.

    Raises IvrError, also where the settings lack what it asks for.
    """
    global _served
    fresh = load_served(settings, publication)
    fresh.check_offered(offers(settings))
    _served = fresh
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # What the cache of methods lets go in a cell would be written to, and so copied: it begins empty there.
    sys._clear_type_cache()
    return Loaded(len(fresh.plans) - len(fresh.faults), fresh.faults)


def pjsip_config(settings: Settings, number: int, *, edge: bool) -> PjsipConfig:
    """Addresses and ports of a cell; without an edge it faces the callers itself."""
    first, last = settings.cell_rtp_ports(number)
    address = settings.cell_sip_address if edge else settings.sip_endpoint[0]
    return PjsipConfig(
        sip_port=settings.cell_sip_port(number),
        bound_address=address,
        media_address=settings.media_address,
        public_address=settings.sip.public_address or "",
        rtp_port=first,
        rtp_ports=last - first + 1,
        codecs=settings.media.codecs,
        source_rule=SourceRule(settings.media.rtp_source),
        media_in_c=settings.media.clock == "auto",
        edge=edge,
        tcp=not edge,
        country=settings.sip.country,
        judge=judge(settings),
    )


def run_cell(settings: Settings, number: int, publication: str, *, edge: bool = True) -> NoReturn:
    """Body of one cell's process: serve until SIGTERM or the cell's share of calls, then end the process."""
    preload(settings)
    cell_lives(settings)
    if _served is None or _served.publication.id != publication:
        raise BugError("a cell was forked before its publication was loaded")
    telephone = pjsip_config(settings, number, edge=edge)
    config = CellConfig(
        number=number,
        sip=f"{telephone.bound_address}:{telephone.sip_port}",
        recordings=settings.recordings_dir,
        recycle_after=settings.cells.recycle_after,
        drain_seconds=settings.drain_seconds,
        inband_digits=settings.media.dtmf_inband,
        agent_codes=settings.agent_keys.codes(),
        destinations=settings.agent_keys.destinations,
        agent_pause_seconds=settings.agent_keys.pause_seconds,
        gone_seconds=settings.talks.gone_seconds,
        longest_talk=settings.talks.longest_hours * 3600.0,
        publication=publication,
    )
    telephony = PjsipTelephony(telephone)
    cell: Cell | None = None
    hub = HubLink(settings.hub_socket, lambda: _the(cell).hello(os.getpid()))
    around = Surroundings(
        telephony=telephony,
        prompts_for=_served.prompts_for,
        speech=SpeechLink(str(settings.speech_socket)),
        hub=hub,
        sources=open_sources(settings),
        own_sources=lambda call_id: {
            AGENTS: AgentCodes(hub_of(settings)),
            ACCOUNTS: AccountProofs(hub_of(settings), call_id),
        },
        dialplan_for=_served.serving,
        vad=WebrtcFrameVad(),
        live_vad=WebrtcFrameVad if settings.inspection.recognizes_live else None,
        agent_vad=WebrtcFrameVad if settings.voice.agents else None,
        music=_music,
        journals=(settings.media.clock == "auto" and find_journals()) or SealedFrames,
        transfers=transfer_addresses(settings, edge=edge),
        outgoing=outgoing(settings, edge=edge),
        monotonic=time.monotonic,
        wall=time.time,
        new_call_id=new_call_id,
        log=_log,
    )
    cell = Cell(config, around)
    _obey_signals(cell)
    # The collector would stop the audio at a bad moment; a call makes hardly any cycles.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    code = 0
    try:
        cell.run()
    except Exception:
        _LOG.exception("cell died")
        code = 1
    telephony.close()
    hub.close()
    logging.shutdown()
    os._exit(code)  # a normal exit would run pjsua2's destructors after its end, which abort


def _obey_signals(cell: Cell) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: cell.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda number, frame: cell.lose_line())
    signal.signal(signal.SIGUSR2, lambda number, frame: cell.doubt_legs())
    signal.signal(signal.SIGHUP, lambda number, frame: cell.retire())


def _the(cell: Cell | None) -> Cell:
    assert cell is not None
    return cell


def _log(event: str, data: Mapping[str, object]) -> None:
    _LOG.info(event, extra={"data": dict(data)})
