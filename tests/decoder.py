"""An independent reader of what the engine writes, from docs/formats.md alone. It imports nothing of ours.

Opens both forms of a recording, journal (.ivrj) and long-term (.ivra with .ivrk), by the key store and its passphrase.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding

LEAF_BITS = 48
NAMES = (
    "caller.in",
    "caller.out",
    "agent.in",
    "agent.out",
    "consultant.in",
    "consultant.out",
    "target.in",
    "target.out",
    "supervisor.in",
)


def expand(key: bytes, info: bytes, length: int, algorithm: HashAlgorithm) -> bytes:
    """HKDF-Expand of RFC 5869 2.3."""
    return HKDFExpand(algorithm, length, info).derive(key)


class Keys:
    """The key store, opened."""

    def __init__(self, store: Path, passphrase: Path) -> None:
        public = json.loads(store.read_bytes())
        sealed = base64.b64decode(public.pop("sealed"))
        kdf, secret = public["kdf"], passphrase.read_bytes().rstrip(b"\r\n")
        derive = Argon2id(
            salt=base64.b64decode(kdf["salt"]), length=32, iterations=kdf["iterations"], lanes=kdf["lanes"],
            memory_cost=kdf["memory_kib"],
        )  # fmt: skip
        bound = json.dumps(public, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        plain = json.loads(AESGCM(derive.derive(secret)).decrypt(base64.b64decode(public["nonce"]), sealed, bound))
        self.keks: dict[str, bytes] = dict(
            zip((one["id"] for one in public["keys"]), map(base64.b64decode, plain["keks"]), strict=True)
        )
        self.tree: dict[tuple[int, int], bytes] = {
            (level, prefix): node
            for level, prefix, node in struct.iter_unpack(">BQ32s", base64.b64decode(plain["tree"]))
        }

    def leaf(self, number: int) -> bytes:
        """A leaf's secret, from the node above it."""
        level = next(one for one in range(LEAF_BITS + 1) if (one, number >> (LEAF_BITS - one)) in self.tree)
        secret = self.tree[level, number >> (LEAF_BITS - level)]
        for below in range(level + 1, LEAF_BITS + 1):
            side = number >> (LEAF_BITS - below) & 1
            secret = hmac.digest(secret, b"ivr-erasure/1" + bytes([side]), "sha256")
        return secret

    def unwrap(self, wrapped: bytes, kek_id: str) -> bytes:
        """A data key."""
        assert wrapped[0] == 1
        leaf = wrapped[1:7]
        secret = self.keks[kek_id] + self.leaf(int.from_bytes(leaf, "big"))
        return bytes(aes_key_unwrap_with_padding(expand(secret, b"ivr-wrap/1" + leaf, 32, SHA256()), wrapped[7:]))


def exclusive(nonce: bytes, number: int) -> bytes:
    """A base nonce XOR a number."""
    return (int.from_bytes(nonce, "big") ^ number).to_bytes(12, "big")


def journal(path: Path, keys: Keys) -> tuple[dict[str, bytes], list[Any]]:
    """Each channel's PCM, and the entries."""
    data = path.read_bytes()
    magic = b"ivr-journal/2\n"
    assert data.startswith(magic)
    at = len(magic)
    (length,) = struct.unpack_from(">H", data, at)
    header, at = data[at + 2 : at + 2 + length], at + 2 + length
    salt, commitment, at = data[at : at + 24], data[at + 24 : at + 56], at + 56
    told = json.loads(header)
    data_key = keys.unwrap(bytes.fromhex(told["wrapped"]), told["kek_id"])
    info = b"ivr-journal/2 AEAD_AES_256_GCM\0" + salt + header
    okm = expand(data_key, info, 108, SHA512())
    key, base, head, expected = okm[:32], okm[32:44], okm[44:76], okm[76:]
    assert commitment == expected
    tracks: dict[str, bytearray] = {}
    entries, number = [], 0
    while at < len(data):
        before = data[at : at + 13]
        tag = AESGCM(head).encrypt(number.to_bytes(12, "big"), b"", before[:5])[:8]
        assert tag == before[5:]
        size, kind = struct.unpack(">IB", before[:5])
        plain = AESGCM(key).decrypt(exclusive(base, number), data[at + 13 : at + 13 + size], before)
        at, number = at + 13 + size, number + 1
        if kind == 1:
            first, bits = struct.unpack_from(">QH", plain)
            heard = [name for bit, name in enumerate(NAMES) if bits >> bit & 1]
            share = (len(plain) - 10) // len(heard)
            for place, name in enumerate(heard):
                track = tracks.setdefault(name, bytearray())
                track.extend(bytes(max(0, 2 * first - len(track))))
                track[2 * first : 2 * first + share] = plain[10 + place * share : 10 + (place + 1) * share]
        elif kind == 2:
            entries.append(json.loads(plain))
    return {name: bytes(track) for name, track in tracks.items()}, entries


def archive(path: Path, keys: Keys) -> tuple[dict[str, bytes], list[Any]]:
    """The same of the long-term form."""
    told = json.loads(path.with_suffix(".ivrk").read_bytes())
    data_key = keys.unwrap(bytes.fromhex(told["wrapped"]), told["kek_id"])
    data = path.read_bytes()
    context = f"ivr-recording/1 {told['recording_id']}".encode()
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + data[:24] + context
    okm = expand(data_key, info, 76, SHA512())
    assert data[24:56] == okm[44:]
    chunks = range(56, len(data), 16400)
    plain = b"".join(
        AESGCM(okm[:32]).decrypt(exclusive(okm[32:44], n), data[at : at + 16400], None) for n, at in enumerate(chunks)
    )
    assert plain.startswith(b"ivr-recording/1\n")
    (length,) = struct.unpack_from(">I", plain, 16)
    index, at = json.loads(plain[20 : 20 + length]), 20 + length
    lines, at = plain[at : at + index["entries_bytes"]], at + index["entries_bytes"]
    assert hashlib.sha256(lines).hexdigest() == index["entries_sha256"]
    tracks = {}
    for name, digest, ways in index["tracks"]:
        pcm = b""
        for number, way in enumerate(ways):
            samples = min(8000, index["samples"] - 8000 * number)
            size = {"0": 0, "u": samples, "a": samples, "p": 2 * samples}[way]
            pcm += unpacked(way, plain[at : at + size], samples)
            at += size
        assert hashlib.sha256(pcm).hexdigest() == digest
        tracks[name] = pcm
    assert at == len(plain)
    return tracks, [json.loads(line) for line in lines.splitlines()]


def unpacked(way: str, data: bytes, samples: int) -> bytes:
    """One block as PCM."""
    if way == "0":
        return bytes(2 * samples)
    if way == "p":
        return data
    table = [(mu_law if way == "u" else a_law)(code) for code in range(256)]
    return struct.pack(f"<{samples}h", *(table[code] for code in data))


def mu_law(code: int) -> int:
    """ITU-T G.711, table 2."""
    code = ~code & 0xFF
    value = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -value if code & 128 else value


def a_law(code: int) -> int:
    """ITU-T G.711, table 1."""
    code ^= 0x55
    value, segment = (code & 15) << 4, code >> 4 & 7
    value = value + 8 if segment == 0 else value + 264 << segment - 1
    return value if code & 128 else -value
