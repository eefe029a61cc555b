# Each target is a verb; `make help` lists them from the comments behind them.
PYTHON ?= python3
ENV ?= production
# The folder that holds project.toml, environments/ and output/: SETTINGS=../acme-infra.
SETTINGS ?= .
IN_SETTINGS := $(if $(filter-out .,$(SETTINGS)),$(SETTINGS)/)
# A value as one word of the shell, and an option with a variable's value where it has one.
quote = '$(subst ','\'',$(1))'
# An option of `make init` with a variable that was typed, also an empty one; the shell's own
# variables of these names mean something else.
typed = $(if $(filter command,$(firstword $(origin $(2)))),$(1)=$(call quote,$($(2))))
option = $(if $($(2)),$(1) $(call quote,$($(2))))
FOLDERS := $(call quote,$(IN_SETTINGS)output)/*/
DRAW = $(BIN)/python -m reports.picture $(FOLDERS)
FOLDER = $(call quote,$(IN_SETTINGS)output/$(ENV))
# There is no default environment for what asks or changes AWS: a forgotten ENV must not mean
# production.
ENVIRONMENTS = $(shell cd $(call quote,$(IN_SETTINGS)output) 2>/dev/null && echo *)
NAMED_FOLDER = $(if $(filter file,$(origin ENV)),$(error say which environment, one of $(ENVIRONMENTS): make $@ ENV=...),$(FOLDER))
TODAY ?= $(shell date +%F)
BIN := .venv/bin
EMULATOR := .emulator/bin/python
PIP := -m pip --disable-pip-version-check --quiet install --require-hashes
PYTEST := $(BIN)/python -m pytest -n 2
# What is true of any settings, tested over those that SETTINGS names.
PROJECT_TESTS = SETTINGS=$(call quote,$(SETTINGS)) $(PYTEST) --dist load tests/project

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\): .*\#\# .*/\1/p' Makefile) help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

init: .venv/runtime  ## Make the settings yours; it asks, or says what PROJECT=acme REGION=eu-central-1 lack
	@MAKE_STARTED_IN=$(call quote,$(PWD)) $(BIN)/python init.py --settings $(call quote,$(SETTINGS)) \
	  $(call typed,--project,PROJECT) $(call typed,--region,REGION) $(call typed,--zones,ZONES) \
	  $(call typed,--zone,ZONE) $(call typed,--domain,DOMAIN) $(call typed,--budget,BUDGET) \
	  $(call typed,--hosted-zone-id,HOSTED_ZONE_ID) $(call typed,--alarm-email,ALARM_EMAIL) \
	  $(if $(filter-out 0,$(FORCE)),--force)

build: .venv/runtime  ## Install what is needed, write output/ for all environments
	$(BIN)/python build.py --settings $(call quote,$(SETTINGS)) $(foreach name,$(NEVER_DEPLOYED),--never-deployed $(call quote,$(name)))
	$(DRAW)

test: .venv/development .emulator/ready  ## Run the tests of the product, over an example of its own
	$(PYTEST) --dist loadfile --ignore tests/project -m "not long and not faults and not real"

test-quick: .venv/development  ## Run those of these tests that need no emulator
	$(PYTEST) --dist loadfile --ignore tests/project -m "not (rehearsal or long or faults or real)"

test-tools: .venv/development .emulator/ready  ## Install the programs that some tests need, with apt-get
	$(BIN)/python -m tests.tools

test-long: .venv/development .emulator/ready  ## Run these tests with all examples, and the tests that take minutes
	HYPOTHESIS_PROFILE=long $(PYTEST) --dist loadfile --ignore tests/project -m "not faults and not real"

rehearse: .venv/development .emulator/ready  ## Deploy each of your environments to an emulator with the AWS CLI
	$(PROJECT_TESTS) -m rehearsal

lint: .venv/runtime  ## cfn-lint, stock and own rules, over every environment's system template
	$(BIN)/python -m checks $(FOLDERS)

picture: .venv/runtime  ## Draw every environment that is built, from its templates
	$(DRAW)

cost: .venv/runtime  ## Print the bill of ENV; ESTIMATE=1 compares, BASE=<git revision> says what changed
	$(BIN)/python -m reports.cost $(FOLDER) $(or $(call option,--base,BASE),--alternatives --today $(TODAY) $(if $(ESTIMATE),--estimate))

prices: .venv/runtime  ## Read the prices of REGION from AWS's price list, without an account
	$(BIN)/python -m reports.prices $(call quote,$(or $(REGION),$(error say which region: make prices REGION=eu-central-1))) --settings $(call quote,$(SETTINGS)) $(call option,--host,PRICE_HOST)

page: .venv/runtime  ## Write one page about ENV: picture, bill, stacks, alarms, findings
	$(BIN)/python -m reports.page $(FOLDER) --today $(TODAY) --output $(call quote,$(IN_SETTINGS)build)

diff: .venv/runtime  ## Say offline what all templates change since BASE=<git revision>, or main
	@code=0; for folder in $(FOLDERS); do \
	  $(BIN)/python -m operations diff "$$folder" --base $(call quote,$(or $(BASE),main)) || code=$$?; \
	done; exit $$code

preflight: .venv/runtime  ## Say what would make a deployment of ENV fail, and what mends it
	$(BIN)/python -m operations preflight $(NAMED_FOLDER) $(call option,--image-tag,TAG)

plan: .venv/runtime  ## Say in words what a deployment of ENV would change at AWS
	$(BIN)/python -m operations plan $(NAMED_FOLDER)

commands: .venv/runtime  ## Print the AWS CLI's commands that deploy ENV with TAG=<image tag>, offline
	@$(BIN)/python -m operations commands $(NAMED_FOLDER) $(call option,--image-tag,TAG) $(call option,--base,BASE)

deploy: .venv/runtime  ## Deploy ENV; the first time with TAG=<image tag>
	$(BIN)/python -m operations deploy $(NAMED_FOLDER) $(call option,--image-tag,TAG)

status: .venv/runtime  ## What of ENV runs at AWS
	$(BIN)/python -m operations status $(NAMED_FOLDER)

smoke: .venv/runtime  ## Ask ENV as a client would
	$(BIN)/python -m operations smoke $(NAMED_FOLDER)

logs: .venv/runtime  ## Follow the log of ENV until Ctrl-C
	$(BIN)/python -m operations logs $(NAMED_FOLDER)

key: .venv/runtime  ## Show the API key of ENV, or of its CLIENT, on the terminal only
	$(BIN)/python -m operations key $(NAMED_FOLDER) $(call option,--client,CLIENT)

task: .venv/runtime  ## Run CMD once in the image of ENV: CMD="./migrate --all"
	$(BIN)/python -m operations task $(NAMED_FOLDER) -- $(CMD)

release: .venv/runtime  ## Change only the image of ENV to TAG, and go back when it fails
	$(BIN)/python -m operations release $(NAMED_FOLDER) --tag $(call quote,$(TAG))

rotate: .venv/runtime  ## Change the database's password in ENV, with no request failing
	$(BIN)/python -m operations rotate $(NAMED_FOLDER)

restore: .venv/runtime  ## Put the database of ENV back to SNAPSHOT
	$(BIN)/python -m operations restore $(NAMED_FOLDER) --snapshot $(call quote,$(SNAPSHOT))

destroy: .venv/runtime  ## Delete ENV, but what holds data; asks first
	$(BIN)/python -m operations destroy $(NAMED_FOLDER)

deploy-role: .venv/runtime  ## Write the role with which GitHub Actions of REPOSITORY=<owner/name> deploys ENV
	$(BIN)/python -m operations deploy-role $(NAMED_FOLDER) --repository $(call quote,$(REPOSITORY)) $(if $(EXISTING_PROVIDER),--existing-provider)

check: .venv/development .emulator/ready  ## Check your settings and the code; changes nothing, fails when output/ is stale
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m reports.cost --check $(FOLDERS)
	$(PROJECT_TESTS)

format: .venv/development  ## Repair what ruff can repair
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: .venv/development  ## Print the ratios that the project promises, taken in pairs
	$(BIN)/python -m tests.bench

lock: .venv/lock  ## Renew the locked dependencies from requirements/*.in
	for set in runtime development emulator lock; do \
	  $(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" \
	    requirements/$$set.in --output-file requirements/$$set.txt || exit 1; \
	done

clean:  ## Remove what was installed and cached
	rm -rf .venv .emulator build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# .venv is made again when it was left half made, when its Python is gone, and when PYTHON
# names another version than the one that it has.
VERSION := -c 'import sys; print(sys.version_info[:2])'
ASKED := $(if $(filter-out file,$(origin PYTHON)),[ "$$($(PYTHON) $(VERSION))" = "$$($(BIN)/python $(VERSION))" ],true)
STALE := $(shell [ -x $(BIN)/python ] && $(ASKED) || echo stale)
.PHONY: stale

.venv/made: $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, not " + sys.version.split()[0] + "; fix: make PYTHON=python3.13")'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	touch $@

.venv/runtime: requirements/runtime.txt .venv/made
	$(BIN)/python $(PIP) --requirement $<
	touch $@

# pip starts the AWS CLI's script with this folder's path, which breaks at a space.
.venv/development: requirements/development.txt .venv/runtime
	$(BIN)/python $(PIP) --requirement $<
	printf '%s\n' '#!/bin/sh' 'exec "$${0%/*}/python" -m awscli "$$@"' > $(BIN)/aws
	touch $@

.venv/lock: requirements/lock.txt .venv/made
	$(BIN)/python $(PIP) --requirement $<
	touch $@

# The emulator pins a botocore that the AWS CLI is ahead of: it lives apart.
.emulator/ready: requirements/emulator.txt $(shell [ -x $(EMULATOR) ] || echo stale) | .venv/made
	rm -rf .emulator
	$(BIN)/python -m venv .emulator
	$(EMULATOR) $(PIP) --requirement $<
	touch $@
