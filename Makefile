# Each target is a verb; `make help` lists them from the comments behind them.
PYTHON ?= python3
ENV ?= production
# What asks or changes AWS wants to be told where: production is meant by nobody's forgetting.
FOLDER = $(if $(filter file,$(origin ENV)),$(error say which environment: make $@ ENV=production),output/$(ENV))
TODAY ?= $(shell date +%F)
BIN := .venv/bin
EMULATOR := .emulator/bin/python
PIP := -m pip --disable-pip-version-check --quiet install --require-hashes

.DEFAULT_GOAL := help
.PHONY: help build test test-long rehearse lint cost page diff preflight plan deploy status smoke logs key task release rotate restore destroy deploy-role check format bench lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

build: .venv/runtime  ## Install what is needed, write output/ for all environments
	$(BIN)/python build.py
	$(BIN)/python -m reports.picture output/*/

test: .venv/development .emulator/ready  ## Run the whole test suite, the rehearsal included
	@bash tests/browser.sh
	@bash tests/postgres.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: .venv/development .emulator/ready  ## The same with all examples of the property tests
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n 2 --dist loadfile

rehearse: .venv/development .emulator/ready  ## Deploy every stack to an emulator with the AWS CLI
	$(BIN)/python -m pytest -m rehearsal tests/rehearsal

lint: .venv/runtime  ## cfn-lint, stock and own rules, over every environment's system template
	$(BIN)/python -m checks output/*/

cost: .venv/runtime  ## Print the bill of ENV, or with BASE=<git revision> what changed in it
	$(BIN)/python -m reports.cost output/$(ENV) $(if $(BASE),--base $(BASE),--levers --today $(TODAY))

page: .venv/runtime  ## Write one page about ENV: picture, bill, stacks, alarms, findings
	$(BIN)/python -m reports.page output/$(ENV) --today $(TODAY)

diff: .venv/runtime  ## Say offline what all templates change since BASE=<git revision>, or main
	@code=0; for folder in output/*/; do \
	  $(BIN)/python -m operations diff $$folder --base $(or $(BASE),main) || code=$$?; \
	done; exit $$code

preflight: .venv/runtime  ## Say what would make a deployment of ENV fail, and what mends it
	$(BIN)/python -m operations preflight $(FOLDER) $(if $(TAG),--image-tag $(TAG))

plan: .venv/runtime  ## Say in words what a deployment of ENV would change at AWS
	$(BIN)/python -m operations plan $(FOLDER)

deploy: .venv/runtime  ## Deploy ENV; the first time with TAG=<image tag>
	$(BIN)/python -m operations deploy $(FOLDER) $(if $(TAG),--image-tag $(TAG))

status: .venv/runtime  ## What of ENV runs at AWS
	$(BIN)/python -m operations status $(FOLDER)

smoke: .venv/runtime  ## Ask ENV as a client would
	$(BIN)/python -m operations smoke $(FOLDER)

logs: .venv/runtime  ## Follow the log of ENV until Ctrl-C
	$(BIN)/python -m operations logs $(FOLDER)

key: .venv/runtime  ## Show the API key of ENV, or of its CLIENT, on the terminal only
	$(BIN)/python -m operations key $(FOLDER) $(if $(CLIENT),--client $(CLIENT))

task: .venv/runtime  ## Run CMD once in the image of ENV: CMD="./migrate --all"
	$(BIN)/python -m operations task $(FOLDER) -- $(CMD)

release: .venv/runtime  ## Change only the image of ENV to TAG, and go back when it fails
	$(BIN)/python -m operations release $(FOLDER) --tag $(TAG)

rotate: .venv/runtime  ## Change the database's password in ENV, with no request failing
	$(BIN)/python -m operations rotate $(FOLDER)

restore: .venv/runtime  ## Put the database of ENV back to SNAPSHOT
	$(BIN)/python -m operations restore $(FOLDER) --snapshot $(SNAPSHOT)

destroy: .venv/runtime  ## Delete ENV, but what holds data; asks first
	$(BIN)/python -m operations destroy $(FOLDER)

deploy-role: .venv/runtime  ## Write the role with which GitHub Actions of REPOSITORY=<owner/name> deploys ENV
	$(BIN)/python -m operations deploy-role $(FOLDER) --repository $(REPOSITORY) $(if $(EXISTING_PROVIDER),--existing-provider)

check: .venv/development  ## All that CI runs; changes nothing, fails when output/ is stale
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m reports.cost --check output/*/
	$(MAKE) --no-print-directory test

format: .venv/development  ## Repair what ruff can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/development  ## Print the ratios that the project promises, taken in pairs
	$(BIN)/python -m tests.bench

lock: .venv/lock  ## Renew the locked dependencies from requirements/*.in
	for set in runtime development emulator lock; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" \
	    requirements/$$set.in --output-file requirements/$$set.txt || exit 1; \
	done

clean:  ## Remove what was installed and cached
	rm -rf .venv .emulator build .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements/runtime.txt | .venv/bin/python
	$(BIN)/python $(PIP) --requirement $<
	touch $@

.venv/development: requirements/development.txt .venv/runtime
	$(BIN)/python $(PIP) --requirement $<
	touch $@

.venv/lock: requirements/lock.txt | .venv/bin/python
	$(BIN)/python $(PIP) --requirement $<
	touch $@

# The emulator pins a botocore that the AWS CLI is ahead of: it lives apart.
.emulator/ready: requirements/emulator.txt
	$(PYTHON) -m venv .emulator
	$(EMULATOR) $(PIP) --requirement $<
	touch $@
