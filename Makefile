# Every target sets up what it needs: Python 3.11 or later, git and make are enough.
PYTHON ?= python3
REPO ?= .
OUT ?= quarterdeck-report
BIN := .venv/bin

.PHONY: assess demo test check bench lock docs clean

assess: .venv/.installed
	$(BIN)/quarterdeck assess "$(REPO)" --out "$(OUT)" $(ARGS)

demo: .venv/.installed
	$(BIN)/quarterdeck demo $(ARGS)

test: .venv/.developed
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

check: .venv/.developed
	$(BIN)/ruff check src tests bench tools
	$(BIN)/ruff format --check src tests bench tools
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/.developed
	$(BIN)/python -m bench $(ARGS)

docs: .venv/.developed
	$(BIN)/python tools/reference.py

lock: .venv/.developed
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --group build pyproject.toml -o requirements/lock.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --group build --group dev -c requirements/lock.txt pyproject.toml -o requirements/dev.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Quarterdeck needs Python 3.11 or later: set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python requirements/lock.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.developed: .venv/.installed requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis quarterdeck-report
