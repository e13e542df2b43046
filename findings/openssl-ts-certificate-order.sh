#!/usr/bin/env bash
# OpenSSL's time-stamp authority sends its certificates in no DER order, and rfc3161-client refuses the stamp as malformed.
#
# RFC 5652 5.1: SignedData is DER where it is signed; `certificates` is an unsigned SET OF (10.2.3), which `openssl ts -reply -chain`
# writes signer first, as it was given. Expected: a stamp that OpenSSL verifies is verified by rfc3161-client too. Seen: it depends on
# the length of the authority's name: the same chain verifies while the signer's certificate happens to encode before its issuer's, and
# is "ASN.1 parse error: InvalidSetOrdering" when the name is longer. A caller that catches the error calls an honest stamp forged.
# Fails when the library no longer does this. Needs the program openssl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check rfc3161-client==1.0.9 2>/dev/null
cd "$work"
echo "$(openssl version | cut -d' ' -f1,2), rfc3161-client 1.0.9"

printf 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n' >issuer.ext
printf 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n' >signer.ext
cat >authority.cnf <<'CNF'
[authority]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
CNF
echo 01 >serial
echo "a log's head" >data
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
sign() { # name, subject, issuer
  key "$1"
  openssl req -new -key "$1.key" -subj "/O=Example/CN=$2" |
    openssl x509 -req -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
key root
openssl req -x509 -new -key root.key -subj "/O=Example/CN=Root of the Authorities of an Example Bank" -days 30 -addext keyUsage=keyCertSign -out root.pem
sign issuer "Issuer" root

stamp() { # the signer's name
  sign signer "$1" issuer
  openssl ts -query -data data -sha256 -cert -out query 2>/dev/null
  openssl ts -reply -config authority.cnf -section authority -queryfile query -signer signer.pem -inkey signer.key -chain issuer.pem \
    -out reply 2>/dev/null
  echo "authority '$1': OpenSSL says $(openssl ts -verify -queryfile query -in reply -CAfile root.pem 2>/dev/null)"
  "$work/venv/bin/python" - "$2" <<'PY'
import sys
import rfc3161_client
from cryptography import x509

root = x509.load_pem_x509_certificate(open("root.pem", "rb").read())
try:
    stamp = rfc3161_client.decode_timestamp_response(open("reply", "rb").read())
    verifier = rfc3161_client.VerifierBuilder().add_root_certificate(root).build()
    said = "verified" if verifier.verify_message(stamp, open("data", "rb").read()) else "refused"
except ValueError as error:
    said = "InvalidSetOrdering" if "InvalidSetOrdering" in str(error) else str(error)
print(f"  rfc3161-client: expected verified, seen {said}")
sys.exit(0 if said == sys.argv[1] else "it behaves otherwise now")
PY
}
stamp "T" verified
stamp "The Time-Stamp Authority of an Example Bank" InvalidSetOrdering
