"""Time-stamps by a real authority: openssl's, on loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from asn1crypto import tsp

from ivr.adapters.time_stamp import check_stamp, read_roots, request_stamp
from ivr.apps.settings import Settings
from ivr.errors import OperatorError, PeerError, SealError
from tests.integration.vault.conftest import Ivr

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {0}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A running time-stamp authority."""

    url: str
    roots: Path


def openssl(*arguments: str, cwd: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True, timeout=60)


def make_authority(directory: Path) -> None:
    """Root, and a signer for time-stamping only."""
    directory.mkdir()
    (directory / "tsa.conf").write_text(CONFIG.format(directory))
    (directory / "serial").write_text("01\n")
    (directory / "ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj")
    openssl(*new, "/CN=Test Root", "-x509", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem", cwd=directory)
    openssl(*new, "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr", cwd=directory)
    sign = ("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
    openssl(*sign, "-extfile", "ext", "-out", "tsa.pem", cwd=directory)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    directory = tmp_path_factory.mktemp("tsa") / "ca"
    make_authority(directory)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (directory / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = ("ts", "-reply", "-config", "tsa.conf", "-section", "one", "-queryfile", "query")
            openssl(*reply, "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer", cwd=directory)
            self.send_response(200)
            self.end_headers()
            self.wfile.write((directory / "answer").read_bytes())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Authority(f"http://127.0.0.1:{server.server_port}/", directory / "ca.pem")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stamp_holds_for_its_message_and_its_authority_only(authority: Authority, tmp_path: Path) -> None:
    roots = read_roots(authority.roots.read_bytes())
    stamp = request_stamp(authority.url, b"a checkpoint", roots)
    assert check_stamp(stamp, b"a checkpoint", roots).year >= 2024
    with pytest.raises(SealError):
        check_stamp(stamp, b"another checkpoint", roots)
    for at in range(0, len(stamp), 61):
        forged = bytearray(stamp)
        forged[at] ^= 1
        try:
            when = check_stamp(bytes(forged), b"a checkpoint", roots)
        except SealError:
            continue
        assert when == check_stamp(stamp, b"a checkpoint", roots)
    make_authority(tmp_path / "other")
    with pytest.raises(SealError):
        check_stamp(stamp, b"a checkpoint", read_roots((tmp_path / "other" / "ca.pem").read_bytes()))


def test_the_log_is_stamped_and_its_stamps_are_checked(authority: Authority, settings: Settings, ivr: Ivr) -> None:
    roots = ("--roots", str(authority.roots))
    assert ivr("audit", "stamp", "--tsa", authority.url, *roots).returncode == 2
    ivr("recordings", "show", "call-closed")
    assert ivr("audit", "stamp", "--tsa", authority.url, *roots).returncode == 0
    ivr("recordings", "show", "call-closed")
    checked = ivr("audit", "stamps", *roots)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith(b"       1 entries existed at 20")
    (stamped,) = settings.data_dir.rglob("*.checkpoint")
    stamped.write_bytes(stamped.read_bytes().replace(b"\n1\n", b"\n2\n"))
    assert ivr("audit", "stamps", *roots).returncode == 5


def test_an_authority_that_does_not_answer_or_is_none_is_told(authority: Authority, tmp_path: Path) -> None:
    roots = read_roots(authority.roots.read_bytes())
    with pytest.raises(PeerError):
        request_stamp("http://127.0.0.1:9/", b"text", roots)
    with pytest.raises(OperatorError):
        request_stamp("file:///etc/passwd", b"text", roots)
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(OperatorError):
        read_roots(b"no certificate")


def test_a_chain_in_another_order_than_ders_is_read_and_a_forgery_in_it_still_found(tmp_path: Path) -> None:
    """Stock OpenSSL writes the chain in the order of its file; the certificates are not signed (RFC 5652 5.1)."""
    make_authority(tmp_path / "ca")
    directory = tmp_path / "ca"
    (directory / "message").write_bytes(b"a checkpoint")
    openssl("ts", "-query", "-data", "message", "-sha256", "-cert", "-out", "query", cwd=directory)
    reply = ("ts", "-reply", "-config", "tsa.conf", "-section", "one", "-queryfile", "query", "-chain", "ca.pem")
    openssl(*reply, "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer", cwd=directory)
    written, roots = (directory / "answer").read_bytes(), read_roots((directory / "ca.pem").read_bytes())
    for stamp in (written, reversed_certificates(written)):
        assert check_stamp(stamp, b"a checkpoint", roots).year >= 2024
        with pytest.raises(SealError, match="forged, of something else, or by a stranger"):
            check_stamp(stamp, b"another checkpoint", roots)


def reversed_certificates(stamp: bytes) -> bytes:
    """The same stamp with its certificates the other way round."""
    der = [
        certificate.dump()
        for certificate in tsp.TimeStampResp.load(stamp)["time_stamp_token"]["content"]["certificates"]
    ]
    together, turned = b"".join(der), b"".join(reversed(der))
    assert together in stamp
    assert turned != together
    return stamp.replace(together, turned)


@pytest.mark.parametrize("stamp", [b"", b"nothing", b"\x30\x03\x02\x01\x00", b"\x30\x80\x00\x00", bytes(500)])
def test_what_cannot_be_read_is_not_called_forged(authority: Authority, stamp: bytes) -> None:
    with pytest.raises(SealError, match="cannot be read"):
        check_stamp(stamp, b"a checkpoint", read_roots(authority.roots.read_bytes()))
