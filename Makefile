# Two commands set everything up on a machine with Python >= 3.10, pip and make: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := coverage hatchling hypothesis import-linter mypy pytest pytest-cov ruff types-PyYAML

.DEFAULT_GOAL := help
.PHONY: help demo test lint fix gold docs bench wheel clean

help: ## show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . $(DEV)
	@touch $@

demo: $(READY) ## the whole job on synthetic phones and the built-in indicators, in ./demo
	@$(BIN)/mvtcase demo demo

test: $(READY) ## all tests
	@$(BIN)/python -m pytest $(PYTEST_OPTIONS)

lint: $(READY) ## formatting, ruff, mypy --strict, import floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fix: $(READY) ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

gold: $(READY) ## write the gold files anew; look at the difference before you commit it
	@MVTCASE_WRITE_GOLD=1 $(BIN)/python -m pytest -q tests/unit/report tests/flow

docs: $(READY) ## write the generated pages of docs/ anew
	@$(BIN)/python scripts/write_docs.py

bench: $(READY) ## measure matching and hostile input; takes minutes
	@$(BIN)/python benchmarks/matching.py
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/hostile.py

wheel: $(READY) ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what make made
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
