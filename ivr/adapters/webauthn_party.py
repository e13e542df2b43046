"""Passkeys, by the package webauthn."""

from __future__ import annotations

import json
from collections.abc import Sequence

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ivr.core.access.user import Passkey
from ivr.errors import DeniedError
from ivr.ports.passkeys import Claimed

NAME = "ivr console"
LONGEST = 32 * 1024
"""Characters of an answer. Theirs are of some hundreds, with an attestation a few thousand."""
# What the package raises of texts that are none: its own errors, and some that it lets through.
_WRONG = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class WebauthnParty:
    """`PasskeyParty` of one address."""

    def __init__(self, *, host: str, origin: str) -> None:
        """`host`: the relying party's id; `origin`: scheme, host and port as browsers name them."""
        self._host, self._origin = host, origin

    def ask_for_new(self, *, name: str, handle: bytes, challenge: bytes, known: Sequence[bytes]) -> str:
        """For a key that a device finds by itself."""
        options = generate_registration_options(
            rp_id=self._host,
            rp_name=NAME,
            user_name=name,
            user_id=handle,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return options_to_json(options)

    def ask(self, challenge: bytes) -> str:
        """Without names."""
        options = generate_authentication_options(
            rp_id=self._host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return options_to_json(options)

    def claimed(self, answer: str) -> Claimed:
        """Read only."""
        if len(answer) > LONGEST:
            raise DeniedError("the passkey's answer is too long")
        try:
            response = json.loads(answer)["response"]
            if "attestationObject" in response:
                made = parse_registration_credential_json(answer)
                return Claimed(made.raw_id, parse_client_data_json(made.response.client_data_json).challenge, b"")
            used = parse_authentication_credential_json(answer)
            challenge = parse_client_data_json(used.response.client_data_json).challenge
            return Claimed(used.raw_id, challenge, base64url_to_bytes(response.get("userHandle") or ""))
        except (*_WRONG, RecursionError) as error:
            raise DeniedError("the passkey's answer is not one") from error

    def new(self, answer: str, *, challenge: bytes, at: float) -> Passkey:
        """Without attestation: any device may."""
        try:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _WRONG as error:
            raise DeniedError("the passkey's answer does not verify") from error
        return Passkey(made.credential_id, made.credential_public_key, made.sign_count, at)

    def used(self, answer: str, *, challenge: bytes, passkey: Passkey) -> Passkey:
        """Signature, origin and count."""
        try:
            used = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
        except _WRONG as error:
            raise DeniedError("the passkey's answer does not verify") from error
        return Passkey(passkey.credential_id, passkey.public_key, used.new_sign_count, passkey.made_at)
