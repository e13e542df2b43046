#!/usr/bin/env bash
# SoftHSM and python-pkcs11: the end date of a private key is taken and can never be read; a date that was not set cannot be read either.
#
# Expected: CKA_END_DATE (PKCS#11 4.8, common to all keys) reads back as it was written, or is refused when it is written; one that was not set
# is "empty" there, so None.
# Seen: on a public object it reads back. On a private one, and keys are private by default, writing it succeeds and reading it is
# CKR_GENERAL_ERROR, for session and token objects alike. Unset, SoftHSM answers with an empty value, as the standard says, and
# python-pkcs11 raises ValueError out of its reading of the date. So an inventory of keys by their dates fails on every key.
# Fails when the programs no longer do this.
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
import datetime, sys, pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass

UNTIL = datetime.date(2027, 1, 31)
token = pkcs11.lib(sys.argv[1]).get_token(token_label="bank")
seen = {}
with token.open(user_pin="1234", rw=True) as session:
    for private in (False, True):
        for stored in (False, True):
            for dates in ({Attribute.END_DATE: UNTIL}, {}):
                key = session.create_object({
                    Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: bytes(range(32)),
                    Attribute.PRIVATE: private, Attribute.TOKEN: stored, **dates,
                })
                try:
                    read = str(key[Attribute.END_DATE])
                except (pkcs11.PKCS11Error, ValueError) as error:
                    read = type(error).__name__
                seen[private, stored, bool(dates)] = read
                print(f"{'private' if private else 'public'} {'token' if stored else 'session'} key, date {'set' if dates else 'not set'}: {read}")
expected = {
    (private, stored, dated): "ValueError" if not dated else "GeneralError" if private else str(UNTIL)
    for private, stored, dated in seen
}
print("as told above" if seen == expected else "this has changed")
sys.exit(seen != expected)
PY
