"""A provider of OpenID Connect over HTTPS, its tokens judged by the package joserfc, by keys that the operator has."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ivr.core.foreign import json_object
from ivr.errors import DeniedError, PeerError, SettingsError

SECONDS = 10.0
"""Until its answer is there."""
ANSWER_MAX_BYTES = 256 * 1024
LEEWAY_SECONDS = 60
"""Its clock and ours differ by so much at most."""


class OidcProvider:
    """`Provider`, by its addresses and keys as the settings name them: nothing is discovered."""

    def __init__(
        self,
        *,
        issuer: str,
        authorize_url: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        keys: bytes,
        claim: str,
        algorithms: Sequence[str],
    ) -> None:
        """`keys`: a JSON Web Key Set. Raises SettingsError when it is none."""
        self.claim, self.issuer = claim, issuer
        self._authorize, self._token = authorize_url, urlsplit(token_url)
        self._client, self._secret, self._algorithms = client_id, client_secret, list(algorithms)
        try:
            self._keys = KeySet.import_key_set(json.loads(keys))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SettingsError("console.sign_in.oidc.keys_file: it is no JSON Web Key Set") from error

    def where(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """With what RFC 6749, RFC 7636 and OpenID Connect Core ask for."""
        query = urlencode(
            {
                "response_type": "code",
                "scope": "openid profile email",
                "client_id": self._client,
                "redirect_uri": redirect,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{self._authorize}{'&' if '?' in self._authorize else '?'}{query}"

    def claims(self, code: str, *, redirect: str, verifier: str, now: float) -> Mapping[str, object]:
        """Of the ID token."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        try:
            status, body = self._post(urlencode(form).encode())
        except (OSError, http.client.HTTPException) as error:
            raise PeerError("the provider does not answer: see whether console.sign_in.oidc.token_url is") from error
        if status != http.client.OK:
            raise DeniedError(f"the provider refused the code (HTTP status {status})")
        answer = json_object(body)
        token = answer.get("id_token") if answer is not None else None
        if not isinstance(token, str):
            raise PeerError("the provider's answer holds no ID token")
        return self._verified(token, now)

    def _verified(self, token: str, now: float) -> dict[str, object]:
        rules = jwt.JWTClaimsRegistry(
            now=int(now),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._keys, algorithms=self._algorithms).claims
            rules.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise DeniedError("the provider's token does not verify") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client:
            raise DeniedError("the provider's token is for somebody else too")  # OpenID Connect Core 3.1.3.7
        return claims

    def _post(self, body: bytes) -> tuple[int, bytes]:
        deadline = time.monotonic() + SECONDS
        secret = f"{quote(self._client, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749, 2.3.1
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
            "Connection": "close",
        }
        host, port = self._token.hostname or "", self._token.port
        connection: http.client.HTTPConnection
        if self._token.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            path = f"{self._token.path or '/'}{'?' + self._token.query if self._token.query else ''}"
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = bytearray()
            while chunk := response.read1(16384):
                answer += chunk
                if len(answer) > ANSWER_MAX_BYTES or time.monotonic() > deadline:
                    raise PeerError("the provider's answer is too long, or takes too long")
            return response.status, bytes(answer)
        finally:
            connection.close()
