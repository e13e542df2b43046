"""A carrier: another Kamailio, which asks for a password, keeps registrations and rings a robot behind it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ivr.adapters.kamailio import daemon
from ivr.adapters.kamailio.control import EdgeControl
from ivr.adapters.kamailio.exchange import pipe_beside
from ivr.testing.certificates import Files
from ivr.testing.ports import free_port
from tests.integration.edge_bench import RobotCell

LOGIN, PASSWORD, REALM = "bank", "tr0ub4dor", "carrier.test"
CONFIG = """\
#!KAMAILIO
debug=-1
log_stderror=yes
children=2
tcp_children=1
auto_aliases=no
{listen}
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "htable.so"
{tls}
modparam("jsonrpcs", "transport", 6)
modparam("jsonrpcs", "dgram_socket", "{control}")
modparam("jsonrpcs", "fifo_name", "{pipe}")
modparam("jsonrpcs", "fifo_reply_dir", "{folder}/")
modparam("htable", "htable", "cseq=>size=4;initval=0;")
modparam("htable", "htable", "seen=>size=4;initval=0;")
modparam("registrar", "max_expires", {expires})
modparam("registrar", "min_expires", 1)
modparam("auth", "nonce_expire", 300)
request_route {{
    if (is_method("CANCEL")) {{
        t_relay();
        exit;
    }}
    if (is_method("OPTIONS") && !has_totag()) {{
        if ($sht(seen=>refuses) == 1) sl_send_reply("503", "Closed");
        else sl_send_reply("200", "OK");
        exit;
    }}
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0") || $au != "{login}") {{
            www_challenge("{realm}", "0");
            exit;
        }}
        $var(n) = $shtinc(seen=>registered);
        save("location");
        exit;
    }}
    if (!is_method("INVITE")) exit;
    $var(n) = $shtinc(seen=>invited);
    if (!pv_proxy_authenticate("{realm}", "{password}", "0") || $au != "{login}") {{
        $sht(cseq=>$ci) = $cs;
        proxy_challenge("{realm}", "0");
        exit;
    }}
    # A second INVITE of the same number is the same one (RFC 3261 8.2.2.2).
    if ($cs <= $sht(cseq=>$ci)) {{
        sl_send_reply("482", "Same CSeq");
        exit;
    }}
    consume_credentials();
    record_route();
    $du = "sip:127.0.0.1:{robot}";
    t_relay();
    exit;
}}
"""


class Carrier:
    """One of them, until the block is left. `robot` answers whom it lets through. With `files` it takes TLS only."""

    def __init__(self, *, files: Files | None = None, expires: int = 60) -> None:
        self.robot = RobotCell(user="callee", rings=0.05)
        # Not pytest's folder: with a socket's name behind it, it is longer than a socket's path may be.
        self.folder = Path(tempfile.mkdtemp(prefix="carrier"))
        self.files, self._expires = files, expires
        self.port = free_port(count=2)
        self.address = f"127.0.0.1:{self.port}"
        self._control = EdgeControl(self.folder / "control", self.address)
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        await self.robot.__aenter__()
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder)
        await self.robot.__aexit__(kind, error, trace)

    async def start(self) -> None:
        """Run it, and wait until it takes calls."""
        listen, tls = f"listen=udp:{self.address}", ""
        if self.files is not None:
            listen = f"enable_tls=yes\nlisten=udp:127.0.0.1:{self.port + 1}\nlisten=tls:{self.address}"
            tls = 'loadmodule "tls.so"\nmodparam("tls", "tls_method", "TLSv1.2+")\n'
            tls += f'modparam("tls", "certificate", "{self.files.certificate}")'
            tls += f'\nmodparam("tls", "private_key", "{self.files.key}")'
        control = self.folder / "control"
        (self.folder / "cfg").write_text(
            CONFIG.format(
                listen=listen, tls=tls, control=control, pipe=pipe_beside(control), folder=self.folder, realm=REALM,
                password=PASSWORD, login=LOGIN, robot=self.robot.wire.port, expires=self._expires,
            )
        )  # fmt: skip
        program = shutil.which("kamailio", path="/usr/sbin:/usr/bin") or "kamailio"
        command = ["setpriv", "--pdeathsig", "TERM", program, "-DD", "-E", "-m", "16", "-M", "4"]
        command += ["-f", str(self.folder / "cfg"), "-P", str(self.folder / "pid"), "-Y", str(self.folder)]
        self._process = self._open(command)
        async with asyncio.timeout(20):
            while not self._control.alive():
                assert self._process.poll() is None, (self.folder / "log").read_text()
                await asyncio.sleep(0.05)

    def _open(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("wb") as log:
            environment = {**os.environ, **daemon.environment(encrypts=True)}
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)

    def kill(self) -> None:
        """It is gone, without a word."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def seen(self, what: str) -> int:
        """How many INVITEs came (invited), or good REGISTERs (registered)."""
        return int(str(self._control._table("seen").get(what, 0)))

    def refuses(self, *, calls: bool) -> None:
        """Whether it answers OPTIONS with 503 from now on."""
        self._control.call("htable.seti", "seen", "refuses", int(calls))

    @property
    def registrations(self) -> frozenset[str]:
        """Who is registered."""
        return self._control.registered()
