# One environment, made by the first command that needs it; nothing is installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
# The files side by side; tests/conftest.py says which start first.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-all check format screenshots clean

run: $(VENV)/.installed
	@exec $(BIN)/kindred demo

test: $(VENV)/.installed-test
	$(BIN)/python tools/ensure_chromium.py
	$(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

test-all: $(VENV)/.installed-test
	$(BIN)/python tools/ensure_chromium.py
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

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Kindred needs Python 3.11 or newer; set PYTHON=python3.12, say." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing Kindred (once, about a minute) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable .
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing Kindred and what its tests need (once, about a minute) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info
