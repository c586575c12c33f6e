# SPDX-License-Identifier: GPL-3.0-or-later
#
# Each target does all of its own set-up, inside this directory: a virtual environment in .venv, and
# everything else in .build. The logic is in tools/.

# The interpreter to start with. Older than 3.11: a newer one is looked for.
PYTHON ?= python3
# Added to the command line of the tool: make units ARGS='tests/unit/…', make integration ARGS=whole_image
ARGS ?=
# Steps at a time in test and test-matrix.
JOBS ?= 2
# 1: go on with the other steps after one has failed.
KEEP_GOING ?=
# Simulated seconds in a second, and the seed that draws what is disputed about the cloud.
TIME_SCALE ?= 60
SEED ?=
# 0: integration runs tasks as modules, and not in the process of Ansible.
IN_PROCESS ?= 1
# How many schedules make chaos draws (its check-mode pairs and kills in proportion), and from which
# seed on.
SEEDS ?= 5000
FIRST_SEED ?= 1
# Which ansible-cores test-matrix takes: ends (the oldest and the newest), all, or next.
CORES ?= ends
export ARGS JOBS KEEP_GOING TIME_SCALE SEED IN_PROCESS CORES

SIMULATOR := core runtime simulator
TESTS := $(SIMULATOR) units
ALL := $(TESTS) lint contract system browser

environment = @$(PYTHON) tools/environment.py .venv
run = @.venv/bin/python -m tools.run

.PHONY: help demo simulator test test-matrix lint sanity units contract integration system browser \
	build docs docs-test chaos chaos-quick bench changelog clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo         the playbooks at work in a simulated cloud, in about a minute'
	@echo 'make simulator    a simulated cloud to try your own playbooks on'
	@echo 'make test         lint to browser below, docs-test and chaos-quick, on the Python that is started;'
	@echo '                  with CI=1 also what is slow and rarely breaks'
	@echo 'make test-matrix  the oldest and the newest ansible-core on all Pythons that are found'
	@echo 'make lint         style, types, documentation, licences'
	@echo 'make sanity       ansible-test sanity'
	@echo 'make units        ansible-test units'
	@echo 'make contract     clients that others wrote, against the simulator'
	@echo 'make integration  ansible-test integration, against the simulator'
	@echo 'make system       the collection as users get it: built, installed, run'
	@echo 'make browser      what people see, in headless Chromium'
	@echo 'make docs         the documentation, into build/docs'
	@echo 'make docs-test    the documentation, built and opened in a browser'
	@echo 'make chaos        tries to break the collection by seeds: faults, kills, check mode'
	@echo 'make chaos-quick  a share of it, in two minutes'
	@echo 'make bench        measures it beside what else there is; half an hour, on an idle machine'
	@echo 'make build        the tarball for Galaxy, into build/'
	@echo 'make changelog    CHANGELOG.md from the fragments in changelogs/fragments'
	@echo 'make clean        remove what the other targets made'
	@echo
	@echo 'Variables: PYTHON ARGS JOBS KEEP_GOING TIME_SCALE SEED IN_PROCESS CORES SEEDS FIRST_SEED (see the Makefile)'

demo:
	$(environment) $(SIMULATOR)
	@.venv/bin/python -m tools.demo

simulator:
	$(environment) $(SIMULATOR)
	@.venv/bin/python -m tools.serve

test:
	$(environment) $(ALL)
	$(run) $@

test-matrix:
	$(environment) $(TESTS)
	$(run) matrix

lint:
	$(environment) $(SIMULATOR) units lint
	$(run) $@

sanity build:
	$(environment) $(SIMULATOR)
	$(run) $@

units integration:
	$(environment) $(TESTS)
	$(run) $@

contract:
	$(environment) $(TESTS) contract
	$(run) $@

system:
	$(environment) $(TESTS) lint system
	$(run) $@

changelog:
	$(environment) $(SIMULATOR) units lint
	@.venv/bin/python -m tools.changelog

browser:
	$(environment) $(TESTS) browser
	$(run) $@

# What makes the documentation brings its own versions of much: an environment of its own.
docs:
	@$(PYTHON) tools/environment.py .build/docs core docs
	@.build/docs/bin/python -m tools.site $(ARGS)

docs-test:
	$(environment) $(TESTS) browser
	@.venv/bin/python -m tools.run docs

chaos:
	$(environment) $(SIMULATOR)
	@.venv/bin/python -m tests.chaos --seeds $(SEEDS) --first-seed $(FIRST_SEED) $(ARGS)

chaos-quick:
	$(environment) $(SIMULATOR)
	@.venv/bin/python -m tests.chaos --quick --first-seed $(FIRST_SEED) $(ARGS)

# The peers bring their own ansible-core along: everything that is measured runs in this environment.
bench:
	@$(PYTHON) tools/environment.py .build/bench core runtime simulator bench
	@.build/bench/bin/python -m tests.benchmark $(ARGS)

clean:
	rm -rf .venv .build build .ansible tests/output .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
