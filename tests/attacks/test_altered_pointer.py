"""An altered pointer to what is served names nothing, and the operator reads which file and what to do."""

from __future__ import annotations

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.served import publications
from ivr.apps.wiring.vault import audit_signer, open_key_store
from ivr.errors import SealError


@pytest.mark.parametrize("altered", ["", "half of a", "a heading\nan id\n\n- nobody AAAA\n"])
def test_an_altered_pointer_is_refused_with_its_name_and_what_to_do(settings: Settings, altered: str) -> None:
    files = publications(settings)
    pointer = settings.data_dir / "published" / "current"
    pointer.parent.mkdir(parents=True)
    pointer.write_text(altered)
    with pytest.raises(SealError, match=r"published/current, .*was altered.*remove it and start again"):
        files.current(audit_signer(open_key_store(settings)).verifier)
