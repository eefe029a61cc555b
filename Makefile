# Each target is a verb; `make help` lists them from the comments behind them.
PYTHON ?= python3
ENV ?= production
# The folder that holds project.toml, environments/ and output/: SETTINGS=../acme-infra.
SETTINGS ?= .
# Some shells leave the ~ in SETTINGS=~/acme-infra to make.
override SETTINGS := $(if $(filter ~/%,$(firstword $(SETTINGS))),$(subst ~/,$(HOME)/,$(SETTINGS)),$(SETTINGS))
IN_SETTINGS := $(if $(filter-out .,$(SETTINGS)),$(SETTINGS)/)
# A value as one word of the shell, and an option with a variable's value where it has one.
quote = '$(subst ','\'',$(1))'
# An option of `make init` with a variable that was typed, also an empty one; the shell's own
# variables of these names mean something else.
typed = $(if $(filter command,$(firstword $(origin $(2)))),$(1)=$(call quote,$($(2))))
option = $(if $($(2)),$(1) $(call quote,$($(2))))
FOLDERS := $(call quote,$(IN_SETTINGS)output)/*/
DRAW = $(BIN)/python -m cfnlink.picture $(FOLDERS)
FOLDER = $(call quote,$(IN_SETTINGS)output/$(ENV))
# The folder of a command of operations. There is no default environment for it: a forgotten ENV
# must not mean production. Without ENV it ends with a slash, and the command asks for one.
NAMED_FOLDER = $(call quote,$(IN_SETTINGS)output/$(if $(filter file,$(origin ENV)),,$(ENV)))
TODAY ?= $(shell date +%F)
BIN := .venv/bin
EMULATOR := .emulator/bin/python
PIP := -m pip --disable-pip-version-check --quiet install --require-hashes
# The files that take long, of operations and rehearsal, come first as collected. By default
# xdist begins with the files of many tests, and one long file ends alone.
# The tests start many programs, and one that keeps no byte code compiles all it reads.
PYTEST := env PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --no-loadscope-reorder
# A program that make started names make's commands as the next ones, for this directory.
PYTHON_OF_MAKE = MAKE_STARTED_IN=$(call quote,$(PWD)) $(BIN)/python
# Make exports the variables that were typed, and a command reads its options from them.
OPERATIONS = $(PYTHON_OF_MAKE) -m cfnlink.operations
# What is true of any settings, tested over those that SETTINGS names.
PROJECT_TESTS = SETTINGS=$(call quote,$(SETTINGS)) $(PYTEST) --dist load tests/project

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\): .*\#\# .*/\1/p' Makefile) help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

init: .venv/runtime  ## Make the settings yours; it asks, or says what PROJECT=acme REGION=eu-central-1 lack
	@$(PYTHON_OF_MAKE) init.py --settings $(call quote,$(SETTINGS)) \
	  $(call typed,--project,PROJECT) $(call typed,--region,REGION) $(call typed,--zones,ZONES) \
	  $(call typed,--zone,ZONE) $(call typed,--domain,DOMAIN) $(call typed,--budget,BUDGET) \
	  $(call typed,--hosted-zone-id,HOSTED_ZONE_ID) $(call typed,--alarm-email,ALARM_EMAIL) \
	  $(if $(filter-out 0,$(FORCE)),--force)

build: .venv/runtime  ## Install what is needed, write output/ for all environments
	@$(PYTHON_OF_MAKE) build.py --settings $(call quote,$(SETTINGS)) \
	  $(foreach name,$(NEVER_DEPLOYED),--never-deployed $(call quote,$(name)))
	$(DRAW)

test: .venv/development .emulator/ready  ## Run the tests of the product, over an example of its own
	$(PYTEST) --dist loadfile --ignore tests/project -m "not long and not faults and not real"

test-quick: .venv/development  ## Run those of these tests that need no emulator
	$(PYTEST) --dist loadfile --ignore tests/project -m "not (rehearsal or long or faults or real)"

test-tools: .venv/development .emulator/ready  ## Install the programs that some tests need, with apt-get
	$(BIN)/python -m tests.tools

test-slow: .venv/development .emulator/ready  ## Run those of these tests that take long, and that make test leaves out
	$(PYTEST) --dist load --ignore tests/project -m "long and not faults and not real"

test-long: .venv/development .emulator/ready  ## Run these tests with all examples, and the tests that take minutes
	HYPOTHESIS_PROFILE=long $(PYTEST) --dist loadfile --ignore tests/project -m "not faults and not real"

test-faults: .venv/development .emulator/ready  ## Try every fault, and write how each ended into docs/reliability.md
	timeout 900 $(PYTEST) --dist loadgroup --ignore tests/project -m "faults or fault"

emulator: .emulator/ready  ## Serve an account of AWS on 127.0.0.1 until Ctrl-C, on a free port or on PORT
	@$(EMULATOR) tests/rehearsal/emulator $(call option,--port,PORT)

rehearse: .venv/development .emulator/ready  ## Deploy each of your environments to an emulator with the AWS CLI
	$(PROJECT_TESTS) -m rehearsal

lint: .venv/runtime  ## cfn-lint, stock and own rules, over every environment's system template
	$(BIN)/python -m cfnlink.lint $(FOLDERS)

picture: .venv/runtime  ## Draw every environment that is built, from its templates
	$(DRAW)

cost: .venv/runtime  ## Print the bill of ENV; ESTIMATE=1 compares, BASE=<git revision> says what changed
	@$(PYTHON_OF_MAKE) -m cfnlink.cost $(FOLDER) $(or $(call option,--base,BASE),--alternatives --today $(TODAY) $(if $(ESTIMATE),--estimate))

prices: .venv/runtime  ## Read the prices of REGION from AWS's price list, without an account
	$(BIN)/python -m cfnlink.prices $(call quote,$(or $(REGION),$(error say which region: make prices REGION=eu-central-1))) --settings $(call quote,$(SETTINGS)) $(call option,--host,PRICE_HOST)

page: .venv/runtime  ## Write one page about ENV: picture, bill, stacks, alarms, findings
	$(BIN)/python -m cfnlink.page $(FOLDER) --today $(TODAY) --output $(call quote,$(IN_SETTINGS)build)

diff: .venv/runtime  ## Say offline what all templates, or those of ENV, change since BASE=<git revision>, or main
	@code=0; for folder in $(if $(filter file,$(origin ENV)),$(FOLDERS),$(NAMED_FOLDER)); do \
	  BASE=$(call quote,$(or $(BASE),main)) $(OPERATIONS) diff "$${folder%/}" || code=$$?; \
	done; exit $$code

preflight:  ## Say what would make a deployment of ENV fail, and how to fix it
commands:  ## Print the AWS CLI's commands that deploy ENV with TAG=<image tag>, offline
plan:  ## Say in words what a deployment of ENV would change at AWS
deploy:  ## Deploy ENV; the first time with TAG=<image tag>
status:  ## Say how ENV is at AWS; DRIFT=1 and SPENT=1 say more
smoke:  ## Send requests to ENV as a client does
logs:  ## Follow the log of ENV until Ctrl-C
key:  ## Show the API key of ENV, or of its CLIENT, on the terminal only
task:  ## Run CMD once in the image of ENV: CMD="./migrate --all"
release:  ## Change only the image of ENV to TAG, and go back when it fails
rotate:  ## Change the database's password in ENV, with no request failing
restore:  ## Put the database of ENV back to SNAPSHOT or to TIME
destroy:  ## Delete ENV, except what holds data; asks first
deploy-role:  ## Write the role with which GitHub Actions of REPOSITORY=<owner/name> deploys ENV

# `make COMMAND ENV=...` for each of them; docs/operations.md lists the variables.
preflight commands plan deploy status smoke logs key task release rotate restore destroy deploy-role: .venv/runtime
	@$(OPERATIONS) $@ $(NAMED_FOLDER)

check: .venv/development .emulator/ready  ## Check your settings and the code; changes nothing, fails when output/ is stale
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(MAKE) --no-print-directory lint
	@$(PYTHON_OF_MAKE) -m cfnlink.cost --check $(FOLDERS)
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
	$(MAKE) --no-print-directory .venv/runtime
	$(BIN)/python -m cfnlink.aws.cfn_lint

clean:  ## Remove what was installed and cached
	rm -rf .venv .emulator build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# .venv is made again when it was left half made, when its Python is gone, and when PYTHON
# names another version than the one that it has.
VERSION := -c 'import sys; print(sys.version_info[:2])'
ASKED := $(if $(filter-out file,$(origin PYTHON)),[ "$$($(PYTHON) $(VERSION))" = "$$(.venv/bin/python $(VERSION))" ],true)
STALE := $(shell [ -x .venv/bin/python ] && $(ASKED) || echo stale)
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
