"""Trunks at a running edge: their files, what it is told of their passwords, and how they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ivr.adapters.kamailio.config import EdgeConfig, TrunkLine
from ivr.adapters.kamailio.render_trunks import TABLE_HEAD, contact_host, render_list
from ivr.core.sip.trunk import TrunkAddress, TrunkState
from ivr.durable import write_durably

REGISTERED = 1 << 2
"""Of the flags of a registration (Kamailio's UAC_REG_ONLINE)."""


def write_trunks(config: EdgeConfig) -> None:
    """The files that Kamailio reads of them; no password is in them."""
    if not config.outbound:
        return
    shown = config.trunk_authorities
    for file, parts in (
        (config.authorities_file, [one.authorities for one in shown]),
        (config.revoked_file, [one.revoked for one in shown if one.revoked is not None]),
    ):
        write_durably(file, b"\n".join(part.read_bytes() for part in parts))
    write_durably(config.trunk_list, render_list(config).encode())
    config.trunk_table.mkdir(mode=0o700, exist_ok=True)
    write_durably(config.trunk_table / "uacreg", TABLE_HEAD.encode())
    write_durably(config.trunk_table / "version", b"table_name(str) table_version(int)\nuacreg:5\n")


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
