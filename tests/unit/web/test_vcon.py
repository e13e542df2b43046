"""A call as a signed vCon, and its receipt as COSE: opened and checked by others' libraries alone."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import OKPKey
from scitt_cose import verify_receipt

from ivr.apps import verify_receipt as ours
from ivr.core.audit.note import Signer
from ivr.engine.office.exports import Export, export
from tests.unit.web.world import CALL, SECONDS, World


def exported(world: World, *recipients: str) -> bytes:
    office = world.house.office("user:supervisor")
    return export(office, Export(CALL, recipients, vcon=True, reason="the ombudsman asks"))


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def opened(signed: dict[str, Any]) -> dict[str, Any]:
    """Checked with the key of the certificate beside the signature, as a stranger does."""
    (signature,) = signed["signatures"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(signature["header"]["x5c"][0]))
    public = OKPKey.import_key(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    registry.max_payload_length = 1 << 30  # by itself it reads 128 kB: eight seconds of sound
    read = jws.deserialize_json(signed, public, registry=registry)  # type: ignore[call-overload]
    found: dict[str, Any] = json.loads(read.payload)
    assert found["uuid"] == signature["header"]["uuid"]
    return found


def files(vcon: dict[str, Any]) -> dict[str, bytes]:
    return {one["filename"]: unpadded(one["body"]) for one in vcon["attachments"]}


def test_a_stranger_opens_it_by_the_certificate_beside_the_signature(world: World) -> None:
    vcon = opened(json.loads(exported(world)))
    assert vcon["vcon"] == "0.4.0"
    (dialog,) = vcon["dialog"]
    with wave.open(io.BytesIO(unpadded(dialog["body"]))) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)
        assert sound.getnframes() == SECONDS * 8000
    assert dialog["duration"] == SECONDS
    assert len(dialog["parties"]) == 2
    (transcript,) = vcon["analysis"]
    assert any(line["who"] == "caller" for line in json.loads(unpadded(transcript["body"])))
    assert vcon["uuid"][14] == "8"
    assert opened(json.loads(exported(world)))["uuid"] == vcon["uuid"]


def test_one_bit_of_it_changed_is_seen(world: World) -> None:
    signed = json.loads(exported(world))
    changed = opened(signed)
    changed["parties"][0] = {"name": "somebody else"}
    signed["payload"] = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
    with pytest.raises(BadSignatureError):
        opened(signed)


def test_the_key_is_the_one_that_signs_the_log(world: World) -> None:
    signed = json.loads(exported(world))
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["signatures"][0]["header"]["x5c"][0]))
    assert certificate.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) == world.house.verifier.public


def test_its_receipt_is_verified_by_anothers_library(world: World) -> None:
    signed = json.loads(exported(world))
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["signatures"][0]["header"]["x5c"][0]))
    pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    found = files(opened(signed))
    entry = found["log-entry.json"]
    checked = verify_receipt(found["receipt.cose"], leaf_entry_hex=entry.hex(), log_public_key_pem=pem)
    assert (checked.ok, checked.errors) == (True, [])
    other = verify_receipt(
        found["receipt.cose"], leaf_entry_hex=entry.replace(b"sealed", b"opened").hex(), log_public_key_pem=pem
    )
    assert not other.ok
    statement = ours.check(found["receipt.txt"].decode(), str(world.house.verifier))["statement"]
    assert isinstance(statement, dict)
    assert statement["call_id"] == CALL


def test_it_is_sealed_for_whom_it_is_for_and_the_log_says_in_which_form(world: World) -> None:
    identity = pyrage.x25519.Identity.generate()
    sealed = exported(world, str(identity.to_public()))
    assert opened(json.loads(pyrage.decrypt(sealed, [identity])))["vcon"] == "0.4.0"
    assert world.house.entries("recording.exported")[-1].details["form"] == "vcon, age"
    browser = world.browser("user:supervisor")
    sent = browser.post(
        f"/recordings/{CALL}/export",
        data={"csrf": world.token(browser), "reason": "why", "recipients": "", "vcon": "true"},
    )
    assert sent.headers["content-type"] == "application/vcon"
    assert opened(sent.json())["dialog"]


def test_the_program_of_the_docs_checks_it_as_it_stands_there(world: World, tmp_path: Path) -> None:
    """With others' libraries and nothing of ours."""
    text = (Path(__file__).parents[3] / "docs" / "recordings.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(# check_vcon\.py.*?)```", text, re.DOTALL)
    (tmp_path / "check_vcon.py").write_text(program, encoding="utf-8")
    (tmp_path / "call.vcon").write_bytes(exported(world))

    def run(key: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "check_vcon.py", "call.vcon", key]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    told = run(str(world.house.verifier))
    assert told.stdout.splitlines()[:2] == ["signature: good", "receipt: good"], told.stderr
    assert (tmp_path / "audio.wav").read_bytes()[:4] == b"RIFF"
    assert run(str(Signer("ivr-audit-memory", bytes([1]) * 32).verifier)).returncode != 0
