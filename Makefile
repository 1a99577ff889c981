# Needs Python 3.11 or newer and make; `make check` also uses Node and python3.13 if they are installed.
PYTHON ?= python3
PORT ?= 4599
REGION ?= eu-west-1
SHARE ?= 1/1
VENV := .venv
BIN := $(VENV)/bin
CHECK_BIN := .venv-check/bin
PIN := $(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-index-url
export SAM_CLI_TELEMETRY := 0
# Keep byte code even if the environment disables it: without it, every process starts a second later.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo rehearse prices plan package test faults local check bench docs images pins format clean environment check-environment

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment ## set up, start the local AWS, deploy Slipway, and take an endpoint from its creation to its removal; or run EVENT=…
	@$(BIN)/python -m tools.demo $(EVENT) $(DEMO_OPTIONS)

rehearse: environment ## play TRAFFIC=traffic/daily.json to EVENT=events/deploy_steady.json and draw how it scales; PRESETS=all, PNG=1, OUT=…
	@$(BIN)/python -m tools.rehearse $(or $(EVENT),events/deploy_steady.json) $(or $(TRAFFIC),traffic/daily.json) \
		$(if $(PRESETS),--presets $(PRESETS)) $(if $(PNG),--png) $(if $(OUT),--out "$(OUT)")

prices: environment ## replace the prices of rehearsals by those of FILE=…, AWS's Price List file of AmazonSageMaker for one Region
	@$(BIN)/python -m tools.rehearse.price_list "$(FILE)"

plan: environment ## show the plan of EVENT=events/deploy_endpoint.json, a rollback or a removal; AFTER=… is deployed first
	@$(BIN)/python -m tools.plan $(or $(EVENT),events/deploy_endpoint.json) $(if $(AFTER),--after $(AFTER))

package: environment ## build a checked model.tar.gz and print its payload: MODEL_DIR=… FRAMEWORK=… and CODE_DIR, VERSION, SAMPLE, OUT
	@$(BIN)/python -m slipway package "$(MODEL_DIR)" --framework "$(FRAMEWORK)" $(if $(CODE_DIR),--code "$(CODE_DIR)") \
		$(if $(VERSION),--version "$(VERSION)") $(if $(SAMPLE),--sample "$(SAMPLE)") $(if $(OUT),--out "$(OUT)") $(PACKAGE_OPTIONS)

test: environment ## set up and run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -p tools.collecting

faults: environment ## run the fault matrix (hours), or SHARE=1/20 of it (minutes), and print the number of cases that passed
	@PYTHONPATH=.:functions $(BIN)/python -m tests.faults --share $(SHARE)

local: environment ## run the local AWS with Slipway deployed, until Ctrl-C; PORT=4599, REGION=eu-west-1
	@$(BIN)/python -m tools.local --port $(PORT) --region $(REGION)

check: check-environment ## run exactly what CI runs: format, lint, types, templates, state machines, generated docs, tests
	@PATH="$(CURDIR)/$(BIN):$(CURDIR)/$(CHECK_BIN):$$PATH" .ci/check

bench: environment ## run the benchmarks and write docs/bench.md
	@$(BIN)/python -m bench --write

docs: environment ## regenerate the generated parts of README.md and docs/
	@$(BIN)/python -m tools.docs
	@$(BIN)/python -m tools.demo_picture
	@$(BIN)/python -m tools.dashboard_picture
	@$(BIN)/python -m tools.rehearse.pictures

images: environment ## regenerate the table of AWS's inference images from the pinned package sagemaker-core
	@$(BIN)/python -m tools.image_table

format: check-environment ## format the Python code
	@$(CHECK_BIN)/ruff format . && $(CHECK_BIN)/ruff check --fix .

pins: environment ## pin the requirements in requirements/*.in
	@$(PIN) --python-version 3.11 --universal --override requirements/overrides.txt requirements/dev.in -o requirements/dev.txt
	@$(PIN) --python-version 3.11 --universal requirements/check.in -o requirements/check.txt
	@$(PIN) --python-version 3.13 --python-platform aarch64-manylinux_2_28 requirements/functions.in -o functions/requirements.txt
	@$(PIN) --python-version 3.12 --universal requirements/crosscheck.in -o requirements/crosscheck.txt
	@$(PIN) --python-version 3.11 --universal requirements/sdk-v2.in -o requirements/sdk-v2.txt
	@$(PIN) --python-version 3.11 --universal requirements/sdk-v3.in -o requirements/sdk-v3.txt
	@$(PIN) --python-version 3.11 --universal requirements/security.in -o requirements/security.txt
	@$(PIN) --python-version 3.11 --universal requirements/toolkit.in -o requirements/toolkit.txt
	@$(PIN) --python-version 3.11 --universal requirements/png.in -o requirements/png.txt

clean: ## remove what was set up or built
	rm -rf $(VENV) .venv-* tests/crosscheck/node_modules tools/security/node_modules .aws-sam .build .pytest_cache .mypy_cache .ruff_cache .hypothesis

environment: # .venv, for the demo, the local AWS and the tests
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m tools.environment base

check-environment: environment # .venv-check, with the linters and the AWS CLI
	@$(PYTHON) -m tools.environment check
