"""G.711 against values that the standard prints, and against itself over every code and every sample."""

import numpy as np
import pytest

from ivr.core.media import g711

EVERY_SAMPLE = np.arange(-32768, 32768).astype("<i2")
EVERY_CODE = bytes(range(256))


def _pcm(*values: int) -> bytes:
    return np.array(values, dtype="<i2").tobytes()


def _values(pcm: bytes) -> list[int]:
    return list(np.frombuffer(pcm, dtype="<i2"))


def test_mu_law_decodes_the_codes_of_table_2() -> None:
    # G.711 tables 2a and 2b, decoder output values times four (14 bits to 16).
    codes = bytes([0x80, 0x8F, 0x9F, 0xAF, 0xBF, 0xCF, 0xDF, 0xEF, 0xFF, 0x7F, 0x00])
    assert _values(g711.decode_ulaw(codes)) == [
        32124, 16764, 8316, 4092, 1980, 924, 396, 132, 0, 0, -32124,
    ]  # fmt: skip


def test_a_law_decodes_the_codes_of_table_1() -> None:
    # G.711 tables 1a and 1b: full scale, the smallest step of either sign.
    codes = bytes([0xAA, 0x2A, 0xD5, 0x55, 0xD4])
    assert _values(g711.decode_alaw(codes)) == [32256, -32256, 8, -8, 24]


def test_silence_is_the_code_that_lines_carry() -> None:
    assert g711.encode_ulaw(_pcm(0)) == bytes([g711.ULAW_SILENCE])
    assert g711.encode_alaw(_pcm(0)) == bytes([g711.ALAW_SILENCE])


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_every_code_comes_back_as_itself(law: str) -> None:
    encode, decode = getattr(g711, f"encode_{law}"), getattr(g711, f"decode_{law}")
    back = encode(decode(EVERY_CODE))
    # Mu-law has two codes for zero; the negative one (0x7F) comes back as the positive one.
    expected = EVERY_CODE.replace(b"\x7f", b"\xff") if law == "ulaw" else EVERY_CODE
    assert back == expected


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_no_sample_moves_further_than_half_a_step_of_its_segment(law: str) -> None:
    encode, decode = getattr(g711, f"encode_{law}"), getattr(g711, f"decode_{law}")
    linear = EVERY_SAMPLE.astype(np.int32)
    heard = np.frombuffer(decode(encode(EVERY_SAMPLE.tobytes())), dtype="<i2").astype(np.int32)
    loud = np.clip(linear, -g711.ULAW_CLIP, g711.ULAW_CLIP)
    assert np.all(np.abs(heard - loud) <= np.maximum(np.abs(loud) // 32 + 8, 16))
    assert np.all(np.diff(heard) >= 0)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - numpy's wording
        g711.encode_ulaw(b"\x00")
