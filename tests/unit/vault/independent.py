"""Formats written a second time, from their descriptions, so that a test does not compare the code with itself."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def hkdf_expand_sha512(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 2.3."""
    okm, block, number = b"", b"", 1
    while len(okm) < length:
        block = hmac.new(key, block + info + bytes([number]), hashlib.sha512).digest()
        okm, number = okm + block, number + 1
    return okm[:length]


def aes_gcm(key: bytes, nonce: bytes, plain: bytes, aad: bytes = b"") -> bytes:
    """Ciphertext and tag, NIST SP 800-38D."""
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def cobblestone_256(plain: bytes, *, key: bytes, salt: bytes, context: bytes) -> bytes:
    """C2SP chunked-encryption with SHA-512 and AES-256-GCM."""
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_256_GCM" + b"\x00" + salt + context
    okm = hkdf_expand_sha512(key, info, 76)
    file = salt + okm[44:76]
    for number in range(len(plain) // 16384 + 1):
        nonce = bytes(a ^ b for a, b in zip(okm[32:44], number.to_bytes(12, "big"), strict=True))
        file += aes_gcm(okm[:32], nonce, plain[number * 16384 : (number + 1) * 16384])
    return file
