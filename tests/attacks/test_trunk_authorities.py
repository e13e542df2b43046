"""Trunks that show certificates, beside each other: what one revoked counts, and each authority speaks for its own."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.adapters.kamailio.config import EdgeConfig
from ivr.adapters.kamailio.control import EdgeControl
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.edge import edge_control
from ivr.apps.wiring.edge_tls import EdgeTls, write_config
from ivr.apps.wiring.trunks import put_trunks
from ivr.errors import OperatorError, PeerError, SettingsError
from ivr.testing.certificates import Authority, Files
from ivr.testing.ports import free_port
from ivr.testing.sip_wire import token
from tests.integration.edge_bench import running_kamailio

LINE = Authority("of the line")
FIRST, SECOND = "127.0.0.30", "127.0.0.33"
"""Where calls of the two trunks come from."""
FIRST_NAME, SECOND_NAME = "sbc.first.test", "sbc.second.test"
SERVED, REFUSED = "SIP/2.0 200", "SIP/2.0 403"


@dataclass
class World:
    """A real edge, started and told as the engine does it."""

    settings: Settings
    config: EdgeConfig
    control: EdgeControl

    async def says(self, files: Files, host: str, *behind: Path) -> str:
        """What a trunk's OPTIONS is answered, from an address, with a certificate and those behind it."""
        return await asyncio.to_thread(self._says, files, host, behind)

    def _says(self, files: Files, host: str, behind: tuple[Path, ...]) -> str:
        context = LINE.context()
        chain = files.certificate.with_suffix(".chain")
        chain.write_bytes(b"".join(one.read_bytes() for one in (files.certificate, *behind)))
        context.load_cert_chain(chain, files.key)
        assert self.config.tls is not None
        port = self.config.tls.port
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(host, 0)) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as stream,
        ):
            stream.sendall(
                f"OPTIONS sip:bank@127.0.0.1:{port};transport=tls SIP/2.0\r\n"
                f"Via: SIP/2.0/TLS {host}:5061;branch=z9hG4bK{token()};rport\r\nMax-Forwards: 70\r\n"
                f"From: <sip:x@{host}>;tag={token()}\r\nTo: <sip:bank@127.0.0.1>\r\nCall-ID: {token()}\r\n"
                "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return stream.recv(65535)[:11].decode()

    async def reload(self) -> None:
        """`ivr edge reload`."""
        await asyncio.to_thread(EdgeTls(self.settings).reload)


def written(folder: Path, data: str, *, first: str = "", second: str = "", of_second: str = "second") -> Settings:
    """Settings of two trunks; `first`, `second`: what their tls says besides; `of_second`: the second's authority."""
    sip, tls, cell = free_port(), free_port(), free_port()
    both = "".join(
        f"  {name}:\n    addresses: ['127.0.0.1:9']\n    transport: tls\n    networks: [{host}/32]\n"
        f"    tls: {{authority: {by}.pem, names: [sbc.{name}.test], shows_certificate: true{more}}}\n"
        for name, host, by, more in (("first", FIRST, "first", first), ("second", SECOND, of_second, second))
    )
    LINE.issue(folder, "line")
    file = folder / "ivr.yaml"
    file.write_text(
        f"dialplans: [{{file: line.yaml}}]\ndata_dir: {data}\nmedia: {{rtp_ports: 20000-24000, relay: never}}\n"
        f"cells: {{count: 1, base_port: {cell}}}\n"
        f"sip:\n  listen: 127.0.0.1:{sip}\n  tls: {{listen: '127.0.0.1:{tls}', certificate: line.crt, key: line.key}}\n"
        f"trunks:\n{both}"
    )
    return load_settings(file, {})


@asynccontextmanager
async def world(folder: Path, **more: str) -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="edge") as data:  # a socket's path has to be short
        settings = written(folder, data, **more)
        config, control = write_config(settings), edge_control(settings)
        async with running_kamailio(config, control):
            put_trunks(control, settings, config)()
            yield World(settings, config, control)


async def test_what_was_revoked_since_is_refused_after_a_reload_and_a_faulty_list_changes_nothing(
    tmp_path: Path,
) -> None:
    one, two = Authority("first"), Authority("second")
    one.written(tmp_path), two.written(tmp_path)
    good = one.issue(tmp_path, "good", hosts=(FIRST_NAME,), server=False)
    beside = two.issue(tmp_path, "beside", hosts=(SECOND_NAME,), server=False)
    gone = two.issue(tmp_path, "gone", hosts=(SECOND_NAME,), server=False)
    two.revoked(tmp_path, gone).rename(tmp_path / "second.crl")
    lists = one.revoked(tmp_path).rename(tmp_path / "first.crl")
    async with world(tmp_path, first=", revoked: first.crl", second=", revoked: second.crl") as edge:
        assert await edge.says(good, FIRST) == SERVED
        assert await edge.says(beside, SECOND) == SERVED
        assert await edge.says(gone, SECOND) == REFUSED
        before = edge.config.revoked_file.read_bytes()
        lists.write_text("no list")
        with pytest.raises(SettingsError, match=r"trunks.first.tls.revoked: .*first.crl holds no list of revoked"):
            await edge.reload()
        assert edge.config.revoked_file.read_bytes() == before
        assert await edge.says(good, FIRST) == SERVED
        one.revoked(tmp_path, good).rename(lists)
        assert await edge.says(good, FIRST) == SERVED, "nothing is read by itself"
        await edge.reload()
        assert await edge.says(good, FIRST) == REFUSED
        assert await edge.says(beside, SECOND) == SERVED


async def test_no_authority_speaks_for_another_ones_trunk_whatever_name_it_takes(tmp_path: Path) -> None:
    one, two = Authority("first"), Authority("second", may_sign_authorities=True)
    one.written(tmp_path), two.written(tmp_path)
    (elsewhere := tmp_path / "elsewhere").mkdir()
    below = Authority("first", by=two)
    own = {
        host: by.issue(tmp_path, f"own-{by.name}", hosts=(name,), server=False)
        for by, name, host in ((one, FIRST_NAME, FIRST), (two, SECOND_NAME, SECOND))
    }
    async with world(tmp_path) as edge:
        for host, files in own.items():
            assert await edge.says(files, host) == SERVED
        assert await edge.says(two.issue(elsewhere, "a", hosts=(FIRST_NAME,), server=False), FIRST) == REFUSED
        assert await edge.says(one.issue(elsewhere, "b", hosts=(SECOND_NAME,), server=False), SECOND) == REFUSED
        named_as_first = below.issue(elsewhere, "c", hosts=(FIRST_NAME,), server=False)
        assert await edge.says(named_as_first, FIRST, below.written(elsewhere)) == REFUSED
        assert edge.control.denials()[0].kind == "trunk_tls"


async def test_an_authority_between_is_believed_where_its_own_certificate_is_written(tmp_path: Path) -> None:
    root, two = Authority("first root", may_sign_authorities=True), Authority("second")
    between = Authority("first", by=root)
    two.written(tmp_path)
    believed = between.written(tmp_path)
    files = between.issue(tmp_path, "leaf", hosts=(FIRST_NAME,), server=False)
    async with world(tmp_path) as edge:
        assert await edge.says(files, FIRST) == SERVED
        assert await edge.says(files, FIRST, root.written(tmp_path)) == SERVED
        sent = between.written(tmp_path).rename(tmp_path / "sent.pem")
        believed.write_bytes(root.written(tmp_path).read_bytes())
        await edge.reload()
        assert await edge.says(files, FIRST, sent) == REFUSED, "by a chain alone"


async def test_trunks_of_one_authority_may_send_the_chain_to_it(tmp_path: Path) -> None:
    root = Authority("first", may_sign_authorities=True)
    between = Authority("between", by=root)
    root.written(tmp_path)
    files = between.issue(tmp_path, "leaf", hosts=(FIRST_NAME,), server=False)
    async with world(tmp_path, of_second="first") as edge:
        assert await edge.says(files, FIRST, between.written(tmp_path)) == SERVED
        assert await edge.says(files, SECOND, between.written(tmp_path)) == REFUSED, "it is not named so"


async def test_a_trunk_changes_its_authority_by_a_reload(tmp_path: Path) -> None:
    old, new, two = Authority("first"), Authority("first of this year"), Authority("second")
    believed = old.written(tmp_path)
    two.written(tmp_path)
    before, after = (
        by.issue(tmp_path, name, hosts=(FIRST_NAME,), server=False) for by, name in ((old, "old"), (new, "new"))
    )
    async with world(tmp_path) as edge:
        assert [await edge.says(files, FIRST) for files in (before, after)] == [SERVED, REFUSED]
        believed.write_bytes(new.written(tmp_path).read_bytes())
        await edge.reload()
        assert [await edge.says(files, FIRST) for files in (before, after)] == [REFUSED, SERVED]


async def test_settings_by_which_trunks_would_be_judged_otherwise_need_another_start(tmp_path: Path) -> None:
    for name in ("first", "second"):
        Authority(name).written(tmp_path)
    async with world(tmp_path) as edge:
        file = tmp_path / "ivr.yaml"
        file.write_text(file.read_text().replace("authority: second.pem", "authority: first.pem"))
        settings = load_settings(file, {})
        with pytest.raises(OperatorError, match="judges trunks by other rules than the settings: start it anew"):
            await asyncio.to_thread(EdgeTls(settings).reload)
        shown = edge.config.authorities_file.read_bytes()
        edge.config.tls_file.write_text(edge.config.tls_file.read_text() + "\n[server:nonsense\n")
        with pytest.raises(PeerError):
            await edge.reload()
        assert edge.config.authorities_file.read_bytes() == shown
