#!/usr/bin/env bash
# HyperPyYAML (SpeechBrain's reader of hyperparameters): what its own requirement admits makes every file fail to load.
#
# hyperpyyaml 1.2.2 asks for ruamel.yaml >= 0.17.28, so pip takes 0.19. Expected: a file of one line loads. Seen: AttributeError about
# `max_depth` of its loader with 0.19.1, from EncoderClassifier.from_hparams too; with 0.18.17 the same file loads.
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
for version in 0.18.17 0.19.1; do
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check hyperpyyaml==1.2.2 "ruamel.yaml==$version" 2>/dev/null
  "$work/venv/bin/python" - "$version" <<'PY'
import sys
from importlib.metadata import requires
from hyperpyyaml import load_hyperpyyaml

try:
    seen = str(load_hyperpyyaml("rate: 8000\n"))
except AttributeError as error:
    seen = f"AttributeError: {error}"
print(f"hyperpyyaml 1.2.2 (asks for {', '.join(requires('hyperpyyaml'))}), ruamel.yaml {sys.argv[1]}\n  expected: {{'rate': 8000}}\n  seen:     {seen}")
assert ("max_depth" in seen) == (sys.argv[1] == "0.19.1"), "it behaves otherwise now"
PY
done
