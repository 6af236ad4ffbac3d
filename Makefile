# Each target makes the virtual environment it needs by itself; Python 3.11, 3.12 or 3.13 and make are enough.
#   make demo     leads, scores and alerts on an embedded broker
#   make test     all tests
#   make check    what CI runs: lint, format, types, tests, the short proof
#   make bench    how fast it is
#   make prove    faults on purpose: workers and brokers killed, stopped and replaced (PROVE_OPTIONS=--long: half an hour)
#   make simulation  SEEDS=100000 FIRST=1 plays that many simulated lives; SEED=17 prints and replays one
#   make mutations  whether the tests find seeded mistakes in the engine
# PYTHON=/path/to/python3.12 chooses the interpreter.

VENV := .venv
# What is compiled at the installation, where there is a C compiler.
SOURCES := hatch_build.py $(wildcard streamer/score/packed/*.[ch])
BIN := $(VENV)/bin
SAY_WHETHER_COMPILED = $(BIN)/python -c 'from streamer.score.packed import is_compiled; is_compiled or print("No C compiler with the headers of Python was found: scoring takes about twice as long (docs/operations.md).")'
DEMO_OPTIONS ?=
TEST_OPTIONS ?=
# Most of the time tests wait for brokers.
TEST_PROCESSES ?= 3
BENCH_OPTIONS ?=
PROVE_OPTIONS ?= --short
MUTATIONS ?=
SEEDS ?= 1000
FIRST ?= 1
SEED ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types format bench prove simulation mutations clean

help:
	@sed -n 's/^#  *make/  make/p' Makefile

demo: $(VENV)/.ready-to-run
	@$(BIN)/streamer demo $(DEMO_OPTIONS)

test: $(VENV)/.ready-to-develop
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile $(TEST_OPTIONS)

check: lint types test prove

lint: $(VENV)/.ready-to-develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-to-develop
	$(BIN)/mypy

format: $(VENV)/.ready-to-develop
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.ready-to-develop
	$(BIN)/python -m bench $(BENCH_OPTIONS)

simulation: $(VENV)/.ready-to-develop
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --first $(FIRST))

prove: $(VENV)/.ready-to-develop
	$(BIN)/python -m tests.prove $(PROVE_OPTIONS)

mutations: $(VENV)/.ready-to-develop
	$(BIN)/python -m tests.mutations $(MUTATIONS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@python=""; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$candidate" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "make: Python 3.11, 3.12 or 3.13 with its venv module is needed and was not found." >&2; \
	  echo "      Debian, Ubuntu: apt install python3 python3-venv. macOS: brew install python@3.12." >&2; \
	  echo "      Another place: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)."; \
	"$$python" -m venv --clear $(VENV)

$(VENV)/.ready-to-run: pyproject.toml $(SOURCES) | $(VENV)/bin/python
	@echo "Installing what streamer needs (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(SAY_WHETHER_COMPILED)
	@touch $@

$(VENV)/.ready-to-develop: pyproject.toml $(SOURCES) | $(VENV)/bin/python
	@echo "Installing what the tests and checks need (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(SAY_WHETHER_COMPILED)
	@touch $@ $(VENV)/.ready-to-run
