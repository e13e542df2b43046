"""Trunks at a running edge: their files, what it is told of their passwords, and how they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ivr.adapters.kamailio.config import EdgeConfig, TrunkLine
from ivr.adapters.kamailio.render_trunks import TABLE_HEAD, contact_host, render_list
from ivr.adapters.trunk_papers import authority_name, believed_by_itself, read_authorities
from ivr.core.sip.trunk import TrunkAddress, TrunkState
from ivr.durable import write_durably

REGISTERED = 1 << 2
"""Of the flags of a registration (Kamailio's UAC_REG_ONLINE)."""


def write_trunks(config: EdgeConfig) -> None:
    """The files that Kamailio reads of them; no password is in them."""
    if not config.outbound:
        return
    for file, text in trunk_papers(config).items():
        write_durably(file, text)
    write_durably(config.trunk_list, render_list(config).encode())
    config.trunk_table.mkdir(mode=0o700, exist_ok=True)
    write_durably(config.trunk_table / "uacreg", TABLE_HEAD.encode())
    write_durably(config.trunk_table / "version", b"table_name(str) table_version(int)\nuacreg:5\n")


def trunk_papers(config: EdgeConfig) -> dict[Path, bytes]:
    """What certificates that trunks show us are judged by: file -> what belongs in it. Raises OperatorError.

    The edge reads what all of them name as one. Where their authorities differ each certificate must be signed by one
    that stands there itself (`client_certificates`): else an authority below one of them could take another's name.
    """
    shown = config.trunk_authorities
    if not shown:
        return {}
    issuers: dict[str, list[str]] = {}
    if config.tells_authorities_apart:
        signs = {name: read_authorities(one.authorities) for name, one in shown.items()}
        issuers = {name: [called for one in some if (called := authority_name(one))] for name, some in signs.items()}
        authorities = b"".join(believed_by_itself(one) for some in signs.values() for one in some)
    else:
        authorities = _together(one.authorities for one in shown.values())
    return {
        config.authorities_file: authorities,
        config.revoked_file: _together(one.revoked for one in shown.values() if one.revoked is not None),
        config.issuers_file: json.dumps(issuers).encode(),
    }


def issuers(config: EdgeConfig) -> dict[str, list[str]]:
    """Who signs each trunk's certificate, as it was written down when the edge last read the authorities."""
    if not config.tells_authorities_apart:
        return {}
    found: dict[str, list[str]] = json.loads(config.issuers_file.read_bytes())
    return found


def _together(files: Iterable[Path]) -> bytes:
    return b"\n".join(file.read_bytes() for file in dict.fromkeys(files))


def registration(config: EdgeConfig, trunk: TrunkLine, password: str) -> tuple[object, ...]:
    """Parameters of Kamailio's uac.reg_add."""
    here = f"{contact_host(config)}:{config.port}"
    realm = trunk.domain
    names = (trunk.name, trunk.login, realm, trunk.login, realm, realm, trunk.login, password, ".")
    return (*names, trunk.uris[0], trunk.registers, 0, 0, ".", here)


def states(
    trunks: Sequence[str], listed: object, counts: Mapping[str, object], registrations: object
) -> tuple[TrunkState, ...]:
    """Of each trunk, in their order. `listed`: dispatcher.list, `registrations`: uac.reg_dump."""
    registered = dict(_registered(registrations))
    return tuple(
        TrunkState(
            name,
            tuple(_addresses(listed, number)),
            registered.get(name),
            **{kind: int(str(counts.get(f"{name}|{kind}", 0))) for kind in ("tried", "answered", "failed", "password")},
        )
        for number, name in enumerate(trunks, 1)
    )


def _addresses(listed: object, number: int) -> Iterator[TrunkAddress]:
    records = listed.get("RECORDS", []) if isinstance(listed, dict) else []
    for record in records:
        if record["SET"]["ID"] == number:
            for target in record["SET"]["TARGETS"]:
                one = target["DEST"]
                latency = one.get("LATENCY", {})
                yield TrunkAddress(one["URI"], str(one["FLAGS"])[:1] in "AT", float(latency.get("AVG", 0.0)))


def _registered(dump: object) -> Iterator[tuple[str, bool]]:
    for one in dump if isinstance(dump, list) else []:
        yield str(one["l_uuid"]), bool(int(one["flags"]) & REGISTERED)
