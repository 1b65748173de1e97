# Planloom's commands. A machine with Python 3.11-3.13, pip and make is enough: every target that needs the
# environment makes it first (.venv, with uv inside it), and a warm start only compares a few time stamps.

PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
UV := $(BIN)/uv
UV_READY := .venv/.uv-$(UV_VERSION)
INSTALLED := .venv/.installed
JS := tests/js
JS_INSTALLED := $(JS)/node_modules/.installed

# One environment, in .venv, whatever the caller's shell has active; never another interpreter fetched by uv.
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help install dev test test-js eval check lint format types contracts migrate bench clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  Extra arguments go in args, e.g.: make test args="tests/unit -k undo"'

install: $(INSTALLED) ## Make .venv with uv and the locked dependencies in it

dev: $(INSTALLED) ## Serve with auto-reload on http://127.0.0.1:2024, with an embedded Postgres
	@exec $(BIN)/planloom dev $(args)

# One process more than there are cores: tests wait for servers to start, and for time to pass.
test: $(INSTALLED) ## Run the whole test suite on embedded Postgres servers, on up to four cores
	@exec $(BIN)/pytest --numprocesses $$($(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))') --dist loadfile $(args)

test-js: $(INSTALLED) $(JS_INSTALLED) ## Run the tests of JavaScript clients (needs node and npm)
	@exec $(BIN)/python -m tests.js $(args)

eval: $(INSTALLED) ## Score plan edits, retrieval and triage; recorded in LangSmith if LANGSMITH_API_KEY is set
	@exec $(BIN)/pytest --quiet tests/evaluations/evaluate_*.py $(args)

check: lint types contracts test ## Everything that must hold before a commit: lint, types, contracts, tests

lint: $(INSTALLED) ## Check style and formatting (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(INSTALLED) ## Fix what ruff can fix, and format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(INSTALLED) ## Check the types (mypy, strict)
	@$(BIN)/mypy

contracts: $(INSTALLED) ## Check who may import whom (import-linter, .importlinter)
	@$(BIN)/lint-imports --no-logo

# `message` counts only when given on the command line: a variable of that name in the shell is not ours.
migrate: $(INSTALLED) ## Bring the database up to date; message="add x" writes a new migration instead
ifeq ($(origin message),command line)
	@exec $(BIN)/planloom migrate --message "$$message" $(args)
else
	@exec $(BIN)/planloom migrate $(args)
endif

bench: $(INSTALLED) ## Measure Planloom against the floor and other servers; args="--quick stream crud"
	@exec $(BIN)/python -m benchmarks $(args)

clean: ## Remove .venv, caches and build results; the embedded database stays
	rm -rf .venv $(JS)/node_modules dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -not -path './.planloom/*' -prune -exec rm -rf {} +

# -- the environment ---------------------------------------------------------------------------------------------

# The lock decides every version; the stamp is newer than what it was made from.
$(INSTALLED): $(UV_READY) pyproject.toml uv.lock
	@echo 'Installing the locked dependencies into .venv …'
	@$(UV) sync --frozen --quiet
	@touch $@

$(JS_INSTALLED): $(JS)/package.json $(JS)/package-lock.json
	@echo 'Installing the locked dependencies into $(JS)/node_modules …'
	@cd $(JS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# An environment of the same Python is kept, any other is made anew. The system's pip installs into it from outside,
# so that a Python without ensurepip will do too; one without pip, but with ensurepip, will do as well.
$(UV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "Planloom needs Python 3.11, 3.12 or 3.13; $(PYTHON) answers:" \
			"$$($(PYTHON) --version 2>&1 | head -n 1). Name another: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12" >&2; \
		exit 1; }
	@echo 'Making .venv with uv $(UV_VERSION) …'
	@version='import sys; print(sys.version_info[:2])'; \
		[ "$$($(PYTHON) -c "$$version")" = "$$($(BIN)/python -c "$$version" 2>/dev/null)" ] || rm -rf .venv
	@$(PYTHON) -m venv --without-pip .venv
	@install='install --quiet --disable-pip-version-check uv==$(UV_VERSION)'; { \
		$(PYTHON) -m pip --python $(BIN)/python $$install || { \
			$(BIN)/python -m ensurepip && $(BIN)/python -m pip $$install; }; \
		} >.venv/bootstrap.log 2>&1 || { cat .venv/bootstrap.log >&2; exit 1; }
	@touch $@
