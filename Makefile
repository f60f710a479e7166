# Everything a user or CI needs. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Bytecode halves start-up; some machines switch it off globally.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run dev test fuzz lint format bench lock clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-dev.lock
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-bench.lock
	@touch $@

setup: $(VENV)/.run ## Create .venv with the pinned dependencies

setup-dev: $(VENV)/.dev ## The same with what tests and linters need

run: setup ## Run the main job on data/landing and print its report
	$(BIN)/lakehouse run --jobs 2

dev: setup ## Serve the Dagster UI on 127.0.0.1:3000 with the sensor on
	$(BIN)/lakehouse dev

# One worker more than the smallest machine has cores: many tests wait for a process or a server of theirs.
test: setup-dev ## Run every test
	$(BIN)/python -m pytest -n 3 --dist worksteal

fuzz: setup-dev ## Kill runs by the hundred, do things in any order, read any bytes (about 40 minutes)
	LAKEHOUSE_FUZZ_KILLS=200 LAKEHOUSE_FUZZ_EXAMPLES=150 LAKEHOUSE_FUZZ_FEEDS_EACH=2 $(BIN)/python -m pytest -n 2 -rP \
		agentic_lakehouse_tests/fuzz agentic_lakehouse_tests/acceptance/test_many_processes.py

lint: setup-dev ## Check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup-dev ## Rewrite files in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## Measure, side by side, what benchmarks/README.md reports
	$(BIN)/python -m benchmarks

lock: ## Resolve the pinned sets anew (needs uv)
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header -q pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header -q pyproject.toml --extra dev --extra bench -c requirements-dev.lock -o requirements-bench.lock

clean: ## Remove the lake and the caches (not .venv)
	rm -rf .lakehouse .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
