# The two commands are `make run` and `make test`; each sets up what it needs. VENV names another folder for the environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: run test index check format lint types content tests mutants coverage bench grid soak rehearse encoder picture schemas lock clean

run: $(VENV)/.run
	$(BIN)/python -m upr_bot

test: $(VENV)/.dev index
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(VENV)/.dev format lint types content test

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

# The question index is learnt once here, so that the tests, which run side by side, find it fresh; anew when what it is made of changed.
index: faq/questions.npz

faq/questions.npz: $(wildcard faq/*/*.yaml upr_bot/faq/*.py upr_bot/faq/*.np[yz] upr_bot/folding.py upr_bot/content/lessons.py dialogs/languages.yaml) | $(VENV)/.dev
	$(BIN)/python -m upr_bot index

content: $(VENV)/.dev index
	$(BIN)/python -m upr_bot check

# Alters what must not be wrong (seals, leases, limits, dates), one place at a time, and tells what no test noticed.
mutants: $(VENV)/.dev index
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/python -m tools.mutants

# Which lines the tests reach that live in one process: what only the guide as a process of its own does is tried by the others.
INSIDE := backup buttons calendar check console content dates danger docs doctor faq languages leases limits logs reminding render renewal sealing settings \
  storage transcripts web
coverage: $(VENV)/.dev index
	$(BIN)/python -m pytest -n $(WORKERS) --cov=upr_bot --cov-report=term:skip-covered $(foreach file,$(INSIDE),tests/test_$(file).py)
	$(BIN)/python -m tools.floor

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# Every State on every day from 2026 to 2032, for every role and language.
grid: $(VENV)/.dev
	$(BIN)/python -m bench.grid

# What takes long: a million wishes, ten minutes of sending under faults, 3,000 reminders with ten kill -9, on both engines;
# then malformed updates, a flood, two replicas, ten kill -9 of those, new content while people act, and an hour of talk.
soak: $(VENV)/.dev
	BENCH_LONG=1 $(BIN)/python -W ignore -m bench sweep dispatch kills replies malformed flood replicas crashes reloads hour

# Every page of docs/runbooks.md, with its own commands, against a local Bot API server.
rehearse: $(VENV)/.dev index
	$(BIN)/python -m pytest tests/test_runbooks.py -v

picture: $(VENV)/.dev
	$(BIN)/python -m docs.picture

schemas: $(VENV)/.dev
	$(BIN)/python -m upr_bot check --schema schemas

# Makes upr_bot/faq/encoder*.np[yz] anew from the published weights, in an environment of its own.
encoder: $(VENV)/.python
	$(PYTHON) -m venv build/encoder
	build/encoder/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/encoder.txt
	OPENBLAS_NUM_THREADS=1 build/encoder/bin/python -m tools.encoder

# New versions of what the project needs: look at the change before you commit it.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra postgresql --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --group encoder --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/encoder.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache mutants .coverage

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "The guide needs Python 3.11 or newer; call: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.python requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	touch $@

$(VENV)/.dev: $(VENV)/.python requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@ $(VENV)/.run
