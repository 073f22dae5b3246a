# make demo: install and score example posts.   make test: install and check everything.
PYTHON ?= python3
DEMO_VENV := .demo-venv
TEST_VENV := .test-venv
BIN ?= $(TEST_VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test check lint types pytest format compact clean

help:
	@echo "make demo     install into $(DEMO_VENV) and score example posts, with their evidence"
	@echo "make test     install into a fresh $(TEST_VENV), then lint, types and tests"
	@echo "make check    the same checks in $(TEST_VENV) as it stands (or BIN=... of your own)"
	@echo "make format   format and mend what ruff can"
	@echo "make compact  retrain the embedded detector (see docs/model-card.md)"

demo:
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/python -m pip install --quiet ".[demo,serve]"
	$(DEMO_VENV)/bin/rumorscope demo --to demo

test:
	rm -rf $(TEST_VENV)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/python -m pip install --quiet --editable ".[dev]"
	$(MAKE) check

check: lint types pytest

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types:
	$(BIN)/mypy

pytest:  # two workers with a thread each: more threads than cores slow both
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

compact:
	recipes/compact/run.sh

clean:
	rm -rf $(DEMO_VENV) $(TEST_VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache
