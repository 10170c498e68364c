# Two commands set everything up on a machine with Python >= 3.10, pip and make: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help compiled demo quick test lint fix gold docs bench hostile healthy mutants wheel wheelhouse clean

help: ## show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Where Python may not keep its bytecode by itself, each of many short processes would compile all of this anew.
compiled: $(READY)
	@$(BIN)/python -m compileall -q src

demo: compiled ## the whole job on synthetic phones and the built-in indicators, in ./demo
	@$(BIN)/mvtcase demo demo

quick: compiled ## a first answer in under a minute: ruff and the unit tests that start no other program
	@$(BIN)/ruff check . && $(BIN)/python -m pytest -q -n 2 -m "not engine and not browser and not slow" tests/unit

test: compiled ## all tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_OPTIONS)

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

hostile: compiled ## sound phones with one planted value, and damaged evidence: who was missed; takes an hour
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/verdicts.py --half planted --halves .halves.json $(VERDICTS)
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/hostile.py --brief --halves .halves.json

healthy: compiled ## healthy phones with ordinary noise, alone and with a real trace: who was accused, who was missed
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/verdicts.py --half healthy $(VERDICTS)
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/verdicts.py --half "real trace" $(VERDICTS)

bench: compiled ## write docs/benchmarks.md: matching, scans, batches, rechecks, readers, cluster, hostile input; takes a night
	@$(BIN)/python benchmarks/matching.py --markdown
	@$(BIN)/python benchmarks/scans.py --batch 200 2000 20000 --markdown
	@$(BIN)/python benchmarks/rechecks.py --markdown
	@$(BIN)/python benchmarks/reader.py --markdown
	@$(BIN)/python benchmarks/cluster.py --markdown
	@PYTHONPATH=tests/support $(BIN)/python benchmarks/hostile.py

mutants: $(READY) ## change the code that decides, one spot at a time, and list what no test notices; takes an hour
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,mutants]'
	@$(BIN)/mutmut run $(MUTANTS); $(BIN)/mutmut results

wheel: $(READY) ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

wheelhouse: $(READY) ## one archive with every pinned wheel and an installer, for a machine without a network
	@$(BIN)/python scripts/wheelhouse.py dist

clean: ## remove what make made
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
