"""Installations that are attacked without a call."""

from tests.integration.vault.conftest import ivr as ivr
from tests.integration.vault.conftest import settings as settings
