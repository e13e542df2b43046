# What there is to do here. Everything it installs goes into .venv, and what Debian must supply is asked for by name.
.PHONY: help run test lint speechbrain bench bench-speech soak chaos browser demo clean
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
IVR := $(VENV)/bin/ivr
PYTEST := $(PYTHON) -m pytest
# Tests of real calls wait more than they compute: three workers suit two cores. More cores take more: make test WORKERS=8
WORKERS ?= 3
# setup.cfg limits each test. What hangs where no signal is heeded ends its worker, with a trace of each thread.
HUNG := -o faulthandler_timeout=900 -o faulthandler_exit_on_timeout=true

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

run: ## install what is missing and start the engine (ARGS=--no-edge: without Kamailio)
	@NO_EDGE=$(findstring --no-edge,$(ARGS)) tools/install run
	@exec $(IVR) serve $(ARGS)

demo: ## a robot caller goes through three errands; starts the engine if it is not running
	@tools/install run
	@exec $(IVR) demo $(ARGS)

# Files go to the workers in their order, the long ones (real calls) first: no worker is left alone with one at the end.
test: ## install what is missing and run every test
	@tools/install test
	@$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not soak and not chaos and not browser" $(HUNG) $(ARGS)

lint: ## style, types, the rules of import, licences; writes the bill of materials (build/bom.cdx.json)
	@tools/install lint
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@/usr/bin/yamllint --strict dialplans
	@$(PYTHON) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) tools/rooms.py
	@$(PYTHON) tools/file_lengths.py
	@$(PYTHON) tools/licences.py

speechbrain: ## install the extra speechbrain into a venv of its own and run its suite
	@tools/install test
	@tools/test-speechbrain

bench: ## measure the core beside other state machines, the vault, then the engine on the wire; prints tables
	@tools/install bench
	@$(PYTHON) -m bench.dialplan
	@$(PYTHON) -m bench.side_by_side
	@$(PYTHON) -m bench.vault
	@$(PYTHON) -m bench.queues
	@$(PYTHON) -m bench.talks
	@$(PYTHON) -m bench.console
	@$(PYTHON) -m bench.inspection
	@$(PYTHON) -m bench.reports
	@$(PYTHON) -m bench $(ARGS)
	@$(PYTHON) -m bench.peer
	@$(PYTHON) -m bench.relay
	@$(PYTHON) -m bench.isolation
	@$(PYTHON) -m bench.idle
	@$(PYTHON) -m bench.talkers
	@$(PYTHON) -m bench.recognition

bench-speech: ## measure recognition, values, intents and memory; with SPEECH=DIRECTORY (its index.tsv) voices and digits too
	@tools/install bench
	@$(PYTHON) -m bench.recognition
	@$(PYTHON) -m bench.speech_parts
	@$(PYTHON) -m bench.intents
	@$(PYTHON) -m bench.values
	@$(PYTHON) -m bench.prompts build/prompts
	@if [ -n "$(SPEECH)" ]; then $(PYTHON) -m bench.voices "$(SPEECH)" && $(PYTHON) -m bench.watchlist "$(SPEECH)" && $(PYTHON) -m bench.agent_voices "$(SPEECH)" && $(PYTHON) -m bench.choices "$(SPEECH)" && $(PYTHON) -m bench.digits "$(SPEECH)" && $(PYTHON) -m bench.pauses "$(SPEECH)"; fi

soak: ## 1,000 kills under real calls, a million random events, an hour of calls; some three hours
	@tools/install test
	@$(PYTEST) -m soak $(ARGS)

chaos: ## every cut and 100,000 changes of recordings; ten minutes
	@tools/install test
	@$(PYTEST) -m chaos $(ARGS)

browser: ## every page of the console for every role in Chromium, light, dark and on a telephone; pictures below build/browser
	@tools/install browser
	@$(PYTEST) -m browser $(ARGS)

clean: ## remove what was installed and cached here; keeps var/, recordings/ and voiceprints/
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
	@echo "Removed .venv and caches. Keys, records and recordings (var/, recordings/, voiceprints/) are untouched."
