"""What deploy/ puts on a machine: the command `ivr` whoever types it, and the service as a host for speech."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ivr.adapters.host_certificates import HostFiles
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.linked_hosts import near_host

DEPLOY = Path(__file__).parents[2] / "deploy"
ENGINE_USER = 64001
"""On the machine of the test: a number that nobody has."""
MACHINE = """
set -e
mount -t tmpfs -o mode=755 none /opt
mkdir -p /opt/ivr/current/.venv/bin
cat >/opt/ivr/current/.venv/bin/ivr <<'END'
#!/bin/sh
echo "$(id -un) $IVR_CONFIG $*"
END
chmod 755 /opt/ivr/current/.venv/bin/ivr
mount --bind "$1/passwd" /etc/passwd
PATH="$1/bin" /usr/bin/setpriv --reuid "$2" --clear-groups /bin/sh "$1/ivr" "two words" --to hk2.pem
"""


def typed(folder: Path, user: int, *, sudo: bool = False) -> subprocess.CompletedProcess[str]:
    """`ivr` by a user of a machine where deploy/install was: its folders and users are there for this command alone.
    In place of the engine's command stands one that says who runs it; `sudo`, one that only writes down its words."""
    folder.chmod(0o755)
    (folder / "bin").mkdir()
    for program in ("/usr/bin/id", "/usr/sbin/runuser"):
        (folder / "bin" / Path(program).name).symlink_to(program)
    users = Path("/etc/passwd").read_text(encoding="utf-8")
    (folder / "passwd").write_text(f"{users}ivr:x:{ENGINE_USER}:{ENGINE_USER}::/:/usr/sbin/nologin\n")
    (folder / "ivr").write_bytes((DEPLOY / "ivr").read_bytes())
    for one in folder.iterdir():
        one.chmod(0o755)
    if sudo:
        (folder / "bin" / "sudo").write_text('#!/bin/sh\necho "sudo $*"\n')
        (folder / "bin" / "sudo").chmod(0o755)
    words = ["unshare", "-m", "sh", "-c", MACHINE, "sh", str(folder), str(user)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root makes namespaces and becomes others")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Others may go into it, as into no folder of pytest's, and it is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="ivr") as made:
        yield Path(made)


@needs_root
@pytest.mark.parametrize("user", [0, ENGINE_USER])
def test_root_and_the_engines_user_need_no_sudo(folder: Path, user: int) -> None:
    done = typed(folder, user)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ivr /etc/ivr/ivr.yaml two words --to hk2.pem\n"


@needs_root
def test_anybody_else_becomes_the_engines_user_by_sudo(folder: Path) -> None:
    done = typed(folder, pwd.getpwnam("nobody").pw_uid, sudo=True)
    command = "/opt/ivr/current/.venv/bin/ivr two words --to hk2.pem"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"sudo -u ivr IVR_CONFIG=/etc/ivr/ivr.yaml {command}\n"


@needs_root
def test_without_sudo_they_are_told_what_to_do(folder: Path) -> None:
    done = typed(folder, pwd.getpwnam("nobody").pw_uid)
    assert done.returncode == 1
    assert "apt-get install sudo" in done.stderr


def service(folder: Path, **more: str) -> subprocess.Popen[str]:
    """What the unit runs."""
    settings = {"data_dir": str(folder / "var"), "run_dir": str(folder / "run")}
    (folder / "ivr.yaml").write_text(yaml.safe_dump(settings))
    environment = {**os.environ, "IVR_CONFIG": str(folder / "ivr.yaml"), **more}
    return subprocess.Popen(
        [DEPLOY / "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
async def test_where_it_is_told_so_the_service_is_the_speech_of_another_host(folder: Path) -> None:
    files, identity, port = HostFiles(folder / "hosts"), folder / "hk2.pem", free_port()
    identity.write_bytes(files.add("hk2", now=datetime.now(UTC)).identity)
    identity.chmod(0o600)
    far = service(folder, SPEECH_LISTEN=f"127.0.0.1:{port}", SPEECH_IDENTITY=str(identity))
    try:
        async with near_host(files, "hk2", ("127.0.0.1", port), folder / "near.sock"):
            await until((folder / "near.sock").exists, "no speech is reached", seconds=120.0)
        far.send_signal(signal.SIGTERM)
        assert far.wait(30) == 0
    finally:
        far.kill()
        far.communicate()


def test_the_service_says_what_is_missing_where_there_is_no_identity(folder: Path) -> None:
    far = service(folder, SPEECH_LISTEN="127.0.0.1:10300", SPEECH_IDENTITY=str(folder / "hk2.pem"))
    _, said = far.communicate(timeout=60)
    assert far.returncode == 1
    assert f"{folder}/hk2.pem (SPEECH_IDENTITY) cannot be read" in said
