#!/usr/bin/env bash
# SoftHSM: it lists RSA-OAEP, takes it with SHA-1 and an empty label, and calls every other parameter a bad argument.
#
# Expected: what PKCS#11 (CK_RSA_PKCS_OAEP_PARAMS) lets a program choose where CKM_RSA_PKCS_OAEP is offered: hash and mask function of SHA-256,
# or a label; or CKR_MECHANISM_PARAM_INVALID. The token offers SHA-256 by itself, too.
# Seen: SHA-1 without a label encrypts; SHA-256, SHA-256 with a mask of SHA-1, and SHA-1 with a label are CKR_ARGUMENTS_BAD, with nothing said
# of which argument. Who tries a key ceremony on SoftHSM and takes SHA-256, as guides ask, sees a fault in their own code.
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
version=2.6.1-2.1
apt-get download -qq "libsofthsm2=$version" "softhsm2=$version" "softhsm2-common=$version" 2>/dev/null ||
    { echo "Debian 12's package softhsm2 $version is needed (apt-get update?)" >&2; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" files; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-pkcs11==0.10.1 2>/dev/null
mkdir tokens
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/tokens" >softhsm2.conf
export SOFTHSM2_CONF="$work/softhsm2.conf"
module=$(find "$work/files" -type f -name libsofthsm2.so)
files/usr/bin/softhsm2-util --module "$module" --init-token --free --label bank --pin 1234 --so-pin 5678 >/dev/null
echo "SoftHSM $version, python-pkcs11 0.10.1"

venv/bin/python - "$module" <<'PY'
import sys, pkcs11
from pkcs11 import MGF, KeyType, Mechanism

ASKED = {
    "SHA-1, no label": (Mechanism.SHA_1, MGF.SHA1, None),
    "SHA-256, no label": (Mechanism.SHA256, MGF.SHA256, None),
    "SHA-256, mask by SHA-1, no label": (Mechanism.SHA256, MGF.SHA1, None),
    "SHA-1, a label": (Mechanism.SHA_1, MGF.SHA1, b"ceremony"),
}
token = pkcs11.lib(sys.argv[1]).get_token(token_label="bank")
offered = token.slot.get_mechanisms()
print("offered: RSA-OAEP", Mechanism.RSA_PKCS_OAEP in offered, "SHA-1", Mechanism.SHA_1 in offered, "SHA-256", Mechanism.SHA256 in offered)
seen = {}
with token.open(user_pin="1234", rw=True) as session:
    public, private = session.generate_keypair(KeyType.RSA, 2048)
    for name, parameters in ASKED.items():
        try:
            sealed = public.encrypt(b"a key of 16 octs", mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=parameters)
            opened = private.decrypt(sealed, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=parameters)
            seen[name] = "opened again" if opened == b"a key of 16 octs" else "opened as something else"
        except pkcs11.PKCS11Error as refused:
            seen[name] = type(refused).__name__
        print(f"{name}: {seen[name]}")
same = (
    {Mechanism.RSA_PKCS_OAEP, Mechanism.SHA_1, Mechanism.SHA256} <= set(offered)
    and seen.pop("SHA-1, no label") == "opened again"
    and set(seen.values()) == {"ArgumentsBad"}
)
print("as told above" if same else "this has changed")
sys.exit(not same)
PY
