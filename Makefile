# Needs Python 3.11 or newer and make; `make check` also looks for Node and python3.13.
PYTHON ?= python3
PORT ?= 4599
REGION ?= eu-west-1
SHARE ?= 1/1
EVENT ?= events/deploy_endpoint.json
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
export SAM_CLI_TELEMETRY := 0
# Byte code is kept even where the environment says otherwise: without it every process starts a second later.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo plan test faults local check bench docs pins format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## set up, start the local AWS, deploy Slipway, run EVENT=events/deploy_endpoint.json and show each state
	@$(BIN)/python -m tools.demo $(EVENT) $(DEMO_OPTIONS)

plan: $(VENV)/ready ## show the plan of EVENT=events/deploy_endpoint.json, a rollback or a removal; AFTER=… is deployed first
	@$(BIN)/python -m tools.plan $(EVENT) $(if $(AFTER),--after $(AFTER))

test: $(VENV)/ready ## set up and run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile

faults: $(VENV)/ready ## run the fault matrix (hours), or SHARE=1/20 of it (minutes), and print the number of cases that passed
	@PYTHONPATH=.:functions $(BIN)/python -m tests.faults --share $(SHARE)

local: $(VENV)/ready ## run the local AWS with Slipway deployed, until Ctrl-C; PORT=4599, REGION=eu-west-1
	@$(BIN)/python -m tools.local --port $(PORT) --region $(REGION)

check: $(VENV)/ready ## run exactly what CI runs: format, lint, types, templates, state machines, generated docs, tests
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/check

bench: $(VENV)/ready ## run the benchmarks and write docs/bench.md
	@$(BIN)/python -m bench --write

docs: $(VENV)/ready ## regenerate the generated parts of README.md and docs/
	@$(BIN)/python -m tools.docs

format: $(VENV)/ready ## format the Python code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

pins: $(VENV)/ready ## pin the requirements in requirements/*.in
	@$(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-index-url --universal --python-version 3.11 \
		requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-index-url --python-version 3.13 \
		--python-platform aarch64-manylinux_2_28 requirements/functions.in -o functions/requirements.txt
	@$(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-index-url --universal --python-version 3.12 \
		requirements/crosscheck.in -o requirements/crosscheck.txt
	@$(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-index-url --universal --python-version 3.11 \
		requirements/security.in -o requirements/security.txt

clean: ## remove what was set up or built
	rm -rf $(VENV) .venv-built .venv-check .venv-security tests/crosscheck/node_modules tools/security/node_modules .aws-sam .build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/ready: requirements/dev.txt emulator/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements/dev.txt
	@touch $@
