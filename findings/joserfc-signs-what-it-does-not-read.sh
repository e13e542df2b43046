#!/usr/bin/env bash
# joserfc (JWS): what it signs with its defaults it refuses to read with its defaults, once the content is of the size of a call.
#
# A vCon is a call as JSON with its sound in it, signed as a JWS (draft-ietf-vcon-vcon-core). Nine seconds of G.711 in base64 are 96 kB, of 16-bit
# samples 192 kB. Expected: `deserialize_json` reads what `serialize_json` wrote with the same key. Seen: ExceededSizeError above
# 128,000 bytes, which only the reader checks, in 1.8.0; a registry of one's own with `max_payload_length` reads it.
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check joserfc==1.8.0
"$work/venv/bin/python" - <<'PY'
import base64
import json

from joserfc import jws
from joserfc.errors import ExceededSizeError
from joserfc.jwk import OKPKey

key = OKPKey.generate_key("Ed25519")


def reads(seconds, registry):
    sound = base64.b64encode(bytes(16_000 * seconds)).decode()
    payload = json.dumps({"vcon": "0.4.0", "dialog": [{"type": "recording", "body": sound}]}).encode()
    signed = jws.serialize_json([{"protected": {"alg": "Ed25519"}}], payload, key, registry=registry)
    try:
        return len(payload), jws.deserialize_json(signed, key, registry=registry).payload == payload
    except ExceededSizeError as error:
        return len(payload), f"ExceededSizeError: {error}"


usual = jws.JWSRegistry(algorithms=["Ed25519"])
roomy = jws.JWSRegistry(algorithms=["Ed25519"])
roomy.max_payload_length = 1_000_000
print("joserfc 1.8.0\n  expected: what was signed is read, True")
for name, seconds, registry in (("3 s of sound", 3, usual), ("9 s of sound", 9, usual), ("9 s, own registry", 9, roomy)):
    size, seen = reads(seconds, registry)
    print(f"  seen:     {name}, {size} bytes: {seen}")
    assert (seen is True) == (seconds == 3 or registry is roomy), "it behaves otherwise now"
PY
