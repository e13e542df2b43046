"""SRTP as a telephone speaks it, with keys by SDES: AES_CM_128_HMAC_SHA1_80 (RFC 3711, RFC 4568 6.2.1).

Ours, and in common with nothing that the engine uses: what it opens was sealed as the RFC says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ivr.errors import PeerError

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_BYTES, SALT_BYTES, TAG_BYTES = 16, 14, 10
_RTP_HEADER, _RTCP_HEADER = 12, 8
_ENCRYPTED = 1 << 31
_INLINE = re.compile(rf"^a=crypto:(\d+) {SUITE} inline:([A-Za-z0-9+/=]+)", re.MULTILINE)


def made_key() -> str:
    """A master key with its salt, as it stands in an SDP."""
    return base64.b64encode(os.urandom(KEY_BYTES + SALT_BYTES)).decode()


def key_in(sdp: str) -> str:
    """The first key of our suite in a description's section; empty when there is none."""
    found = _INLINE.search(sdp)
    return found[2] if found else ""


def tag_in(sdp: str) -> int:
    """The number that this key's line has, which an answer repeats (RFC 4568 5.1.2)."""
    found = _INLINE.search(sdp)
    return int(found[1]) if found else 1


class Srtp:
    """One direction of one session: seals what we send, or opens what comes. One source (SSRC) at a time."""

    def __init__(self, key: str) -> None:
        """`key`: as `made_key` gives it."""
        master = base64.b64decode(key)
        self._rtp, self._rtcp = (_SessionKeys(master, first) for first in (0, 3))
        self._rollover, self._newest = 0, -1
        self._reports = 0

    def seal(self, packet: bytes) -> bytes:
        """RTP without extensions or contributing sources."""
        index = self._index(*struct.unpack_from("!H", packet, 2))
        head, (ssrc,) = packet[:_RTP_HEADER], struct.unpack_from("!I", packet, 8)
        sealed = head + self._rtp.crypt(packet[_RTP_HEADER:], ssrc, index)
        return sealed + self._rtp.tag(sealed + struct.pack("!I", index >> 16))

    def open(self, packet: bytes) -> bytes:
        """Raises PeerError: it is not what the other side sealed."""
        sealed, tag = packet[:-TAG_BYTES], packet[-TAG_BYTES:]
        if len(sealed) < _RTP_HEADER:
            raise PeerError("too short for SRTP")
        index = self._index(*struct.unpack_from("!H", packet, 2))
        if not hmac.compare_digest(tag, self._rtp.tag(sealed + struct.pack("!I", index >> 16))):
            raise PeerError("an SRTP packet is not authentic")
        (ssrc,) = struct.unpack_from("!I", packet, 8)
        return sealed[:_RTP_HEADER] + self._rtp.crypt(sealed[_RTP_HEADER:], ssrc, index)

    def seal_report(self, packet: bytes) -> bytes:
        """RTCP."""
        self._reports += 1
        (ssrc,) = struct.unpack_from("!I", packet, 4)
        body = self._rtcp.crypt(packet[_RTCP_HEADER:], ssrc, self._reports)
        sealed = packet[:_RTCP_HEADER] + body + struct.pack("!I", _ENCRYPTED | self._reports)
        return sealed + self._rtcp.tag(sealed)

    def open_report(self, packet: bytes) -> bytes:
        """Raises PeerError likewise."""
        sealed, tag = packet[:-TAG_BYTES], packet[-TAG_BYTES:]
        if len(sealed) < _RTCP_HEADER + 4 or not hmac.compare_digest(tag, self._rtcp.tag(sealed)):
            raise PeerError("an SRTCP packet is not authentic")
        (index,) = struct.unpack("!I", sealed[-4:])
        head, body = sealed[:_RTCP_HEADER], sealed[_RTCP_HEADER:-4]
        if not index & _ENCRYPTED:
            return head + body
        (ssrc,) = struct.unpack_from("!I", head, 4)
        return head + self._rtcp.crypt(body, ssrc, index & ~_ENCRYPTED)

    def _index(self, sequence: int) -> int:
        """RFC 3711 3.3.1, for packets that are nearly in order."""
        if self._newest < 0:
            self._newest = sequence
        if sequence < self._newest and self._newest - sequence > 0x8000:
            self._rollover += 1
            self._newest = sequence
        rollover = self._rollover - (sequence - self._newest > 0x8000)
        self._newest = max(self._newest, sequence) if rollover == self._rollover else self._newest
        return rollover << 16 | sequence


class _SessionKeys:
    """RFC 3711 4.3.1, with a key derivation rate of 0."""

    def __init__(self, master: bytes, first_label: int) -> None:
        key, salt = master[:KEY_BYTES], int.from_bytes(master[KEY_BYTES:], "big")

        def derived(label: int, size: int) -> bytes:
            begin = (salt ^ label << 48) << 16
            return _keystream(key, begin, size)

        self._key = derived(first_label, KEY_BYTES)
        self._mac = derived(first_label + 1, 20)
        self._salt = int.from_bytes(derived(first_label + 2, SALT_BYTES), "big")

    def crypt(self, data: bytes, ssrc: int, index: int) -> bytes:
        """RFC 3711 4.1.1; its own inverse."""
        stream = _keystream(self._key, self._salt << 16 ^ ssrc << 64 ^ index << 16, len(data))
        return bytes(a ^ b for a, b in zip(data, stream, strict=True))

    def tag(self, data: bytes) -> bytes:
        """RFC 3711 4.2.1."""
        return hmac.new(self._mac, data, hashlib.sha1).digest()[:TAG_BYTES]


def _keystream(key: bytes, begin: int, size: int) -> bytes:
    return Cipher(AES(key), CTR(begin.to_bytes(16, "big"))).encryptor().update(bytes(size))
