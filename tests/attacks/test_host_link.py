"""Strangers on the network between two hosts: who has no certificate that counts reaches nothing, and reads nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import HostFiles, client_context, server_context
from ivr.engine.link.far import HANDSHAKE_SECONDS
from ivr.errors import IvrError, OperatorError, SettingsError
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.linked_hosts import echoed, far_host, near_host

SECRET = b"what the caller said " * 500


@pytest.fixture
def files(tmp_path: Path) -> HostFiles:
    return HostFiles(tmp_path / "hosts")


def added(files: HostFiles, folder: Path, name: str, *, now: datetime | None = None) -> Path:
    """A host's identity, as it is carried there."""
    path = folder / f"{name}-{free_port()}.pem"
    path.write_bytes(files.add(name, now=now or datetime.now(UTC)).identity)
    path.chmod(0o600)
    return path


def here() -> tuple[str, int]:
    return "127.0.0.1", free_port()


async def test_a_host_that_was_added_serves_many_at_once(files: HostFiles, tmp_path: Path) -> None:
    identity, address, near = added(files, tmp_path, "hk2"), here(), tmp_path / "near.sock"
    async with far_host(identity, address, tmp_path), near_host(files, "hk2", address, near):
        await until(near.exists, "no socket")
        assert near.stat().st_mode & 0o077 == 0
        answers = await asyncio.gather(*(echoed(near, bytes([number]) * 100_000) for number in range(30)))
        assert answers == [bytes([number]) * 100_000 for number in range(30)]


async def test_nothing_of_it_is_in_clear_on_the_network(files: HostFiles, tmp_path: Path) -> None:
    identity, far, near = added(files, tmp_path, "hk2"), here(), tmp_path / "near.sock"
    seen, between = bytearray(), here()

    async def listen_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        on, out = await asyncio.open_connection(*far)

        async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                seen.extend(data)
                target.write(data)
            target.close()

        await asyncio.gather(pass_on(reader, out), pass_on(on, writer), return_exceptions=True)

    tap = await asyncio.start_server(listen_in, *between)
    async with far_host(identity, far, tmp_path) as echo, near_host(files, "hk2", between, near):
        await until(near.exists, "no socket")
        assert await echoed(near, SECRET) == SECRET
        assert bytes(echo.heard) == SECRET
    tap.close()
    assert len(seen) > 2 * len(SECRET)
    assert b"caller" not in seen


Stranger = Callable[[HostFiles, Path], ssl.SSLContext | None]


def without_certificate(files: HostFiles, folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def trusting(identity: Path) -> ssl.SSLContext:
    made = client_context(identity)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def of_another_authority(files: HostFiles, folder: Path) -> ssl.SSLContext:
    other = HostFiles(folder / "others")
    added(other, folder, "hk9")
    return trusting(other.own)  # it is called main there, too


def of_another_host(files: HostFiles, folder: Path) -> ssl.SSLContext:
    return trusting(added(files, folder, "hk3"))


def before_tls_13(files: HostFiles, folder: Path) -> ssl.SSLContext:
    made = trusting(files.own)
    made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def in_clear(files: HostFiles, folder: Path) -> None:
    return None


@pytest.mark.parametrize(
    "stranger", [without_certificate, of_another_authority, of_another_host, before_tls_13, in_clear]
)
async def test_who_is_not_the_engines_host_reaches_no_service(
    files: HostFiles, tmp_path: Path, stranger: Stranger
) -> None:
    identity, address = added(files, tmp_path, "hk2"), here()
    context = stranger(files, tmp_path)
    async with far_host(identity, address, tmp_path) as echo:
        await until(lambda: reached(address), "it does not listen")
        said = b""
        try:
            reader, writer = await asyncio.open_connection(*address, ssl=context)
            writer.write(SECRET)
            await writer.drain()
            said = await asyncio.wait_for(reader.read(100), HANDSHAKE_SECONDS + 5.0)
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        assert said == b""
        assert echo.came == 0


def reached(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1.0).close()
    except OSError:
        return False
    return True


async def test_who_says_nothing_is_cut_off_and_holds_up_nobody(files: HostFiles, tmp_path: Path) -> None:
    identity, address, near = added(files, tmp_path, "hk2"), here(), tmp_path / "near.sock"
    async with far_host(identity, address, tmp_path):
        await until(lambda: reached(address), "it does not listen")
        silent = [await asyncio.open_connection(*address) for _ in range(50)]
        async with near_host(files, "hk2", address, near):
            await until(near.exists, "no socket")
            assert await echoed(near, SECRET) == SECRET
        ends = await asyncio.gather(*(reader.read(1) for reader, _ in silent), return_exceptions=True)
        assert all(end == b"" or isinstance(end, OSError) for end in ends)
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize("who", ["another host", "another authority"])
async def test_nothing_is_said_to_a_host_that_is_not_the_one_that_was_meant(
    files: HostFiles, tmp_path: Path, who: str
) -> None:
    added(files, tmp_path, "hk2")
    others = files if who == "another host" else HostFiles(tmp_path / "others")
    impostor, address, near = added(others, tmp_path, "hk3" if others is files else "hk2"), here(), tmp_path / "n.sock"
    async with far_host(impostor, address, tmp_path) as echo, near_host(files, "hk2", address, near) as told:
        await until(lambda: any("not who it should be" in line for line in told), "it was not refused")
        assert not near.exists()
        assert echo.came == 0


async def test_a_host_that_is_removed_loses_what_it_has_within_a_second_or_two(
    files: HostFiles, tmp_path: Path
) -> None:
    identity, address, near = added(files, tmp_path, "hk2"), here(), tmp_path / "near.sock"
    async with far_host(identity, address, tmp_path), near_host(files, "hk2", address, near) as told:
        await until(near.exists, "no socket")
        reader, writer = await asyncio.open_unix_connection(near)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        files.remove("hk2")
        async with asyncio.timeout(5.0):
            assert await reader.read(1) == b""
        writer.close()
        await until(lambda: any("trusted no more" in line for line in told), "nobody was told")
        await until(lambda: not near.exists(), "the socket is still there")
        added(files, tmp_path, "hk2")
        await until(lambda: any("made for it last" in line for line in told), "its first certificate counts again")
        assert not near.exists()


async def test_one_that_the_far_host_does_not_know_is_told_so(files: HostFiles, tmp_path: Path) -> None:
    """Both authorities made a `hk2`, but the far host was given the other one's."""
    identity, address, near = added(files, tmp_path, "hk2"), here(), tmp_path / "near.sock"
    async with (
        far_host(identity, address, tmp_path) as echo,
        near_host(files, "hk2", address, near, identity=added(files, tmp_path, "hk4")) as told,
    ):
        await until(lambda: any("does not know us" in line for line in told), "nobody was told")
        assert not near.exists()
        assert echo.came == 0


def test_an_identity_that_others_may_read_has_expired_or_is_none_is_refused(files: HostFiles, tmp_path: Path) -> None:
    identity = added(files, tmp_path, "hk2")
    identity.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        server_context(identity)
    with pytest.raises(SettingsError, match="expired"):
        server_context(added(files, tmp_path, "hk2", now=datetime.now(UTC) - timedelta(days=400)))
    for data in (b"", b"nonsense", identity.read_bytes().partition(b"-----END PRIVATE KEY-----")[2]):
        identity.write_bytes(data)
        identity.chmod(0o600)
        with pytest.raises(SettingsError, match="no identity"):
            server_context(identity)
    with pytest.raises(SettingsError, match="cannot be read"):
        server_context(tmp_path / "none.pem")


@pytest.mark.parametrize("name", ["", "main", "HK2", "hk2.evil.example", "../hk2", "*", "a" * 32, "hk 2", "hk2\n"])
def test_a_name_that_is_none_gets_no_certificate(files: HostFiles, name: str) -> None:
    with pytest.raises(OperatorError):
        files.add(name, now=datetime.now(UTC))


def test_a_list_that_was_damaged_lists_nobody(files: HostFiles, tmp_path: Path) -> None:
    made = files.add("hk2", now=datetime.now(UTC)).host
    assert files.counts("hk2", made.fingerprint)
    for data in (b"", b"[]", b'{"hk2": {}}', b'{"hk2": 1}'):
        (tmp_path / "hosts" / "hosts.json").write_bytes(data)
        assert not files.counts("hk2", made.fingerprint)
        with pytest.raises(IvrError):
            files.all()
