# Each target is a verb; `make help` lists them from the comments behind them.
PYTHON ?= python3
# The folder that holds project.toml, environments/ and output/: SETTINGS=../acme-infra.
SETTINGS ?= .
# Some shells leave the ~ in SETTINGS=~/acme-infra to make.
override SETTINGS := $(if $(filter ~/%,$(firstword $(SETTINGS))),$(subst ~/,$(HOME)/,$(SETTINGS)),$(SETTINGS))
# A value as one word of the shell.
quote = '$(subst ','\'',$(1))'
BIN := .venv/bin
EMULATOR := .emulator/bin/python
PIP := -m pip --disable-pip-version-check --quiet install
# The files that take long, of operations and rehearsal, come first as collected. By default
# xdist begins with the files of many tests, and one long file ends alone.
# The tests start many programs, and one that keeps no byte code compiles all it reads.
PYTEST := env PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --no-loadscope-reorder
# A program that make started names make's commands as the next ones, for this directory. It
# reads its options from the variables that were typed, which make exports. With exec it takes
# the shell's place, so that a signal to make ends it and not a shell above it.
PYTHON_OF_MAKE = env MAKE_STARTED_IN=$(call quote,$(PWD)) SETTINGS=$(call quote,$(SETTINGS)) $(BIN)/python
CFNLINK = $(PYTHON_OF_MAKE) -m cfnlink
# What is true of any settings, tested over those that SETTINGS names.
PROJECT_TESTS = SETTINGS=$(call quote,$(SETTINGS)) $(PYTEST) --dist load tests/project
# The commands of the program: `cfnlink --help` says what each does.
COMMANDS := lint cost prices draw page diff commands preflight plan deploy status diagnose smoke \
  logs key task release rotate restore destroy deploy-role pipeline

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\): .*\#\# .*/\1/p' Makefile) help $(COMMANDS)

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'
	@echo 'make COMMAND ENV=...: $(COMMANDS)' | fold -s -w 88

TYPED = $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
# Of the shell's own variables ZONE or PROJECT mean something else.
init: .venv/runtime  ## Make the settings yours; it asks, or says what PROJECT=acme REGION=eu-central-1 lack
	@exec env MAKE_TYPED='SETTINGS $(TYPED)' $(CFNLINK) init

build: .venv/runtime  ## Install what is needed, write output/ for all environments
	@$(PYTHON_OF_MAKE) build.py --settings $(call quote,$(SETTINGS)) \
	  $(foreach name,$(NEVER_DEPLOYED),--never-deployed $(call quote,$(name)))
	@ENV= $(CFNLINK) draw

# A bill and a page are production's unless ENV says another environment; ALTERNATIVES=0 leaves
# out what other choices cost. For a command that changes something there is no default: a
# forgotten ENV must not mean production.
cost page: export ENV ?= production
cost: export ALTERNATIVES ?= 1
cost page: export TODAY ?= $(shell date +%F)
diff: export BASE ?= main
$(COMMANDS): .venv/runtime
	@exec env MAKE_NAMED='$(TYPED)' $(CFNLINK) $@

test: .venv/development .emulator/ready  ## Run the tests of the product, over an example of its own
	$(PYTEST) --dist loadfile --ignore tests/project -m "not long and not faults and not real"

test-quick: .venv/development  ## Run those of these tests that need no emulator
	$(PYTEST) --dist loadfile --ignore tests/project -m "not (rehearsal or long or faults or real)"

test-tools: .venv/development .emulator/ready  ## Install the programs that some tests need, with apt-get
	$(BIN)/python -m tests.tools

test-slow: .venv/development .emulator/ready  ## Run those of these tests that take long, and that make test leaves out
	$(PYTEST) --dist loadgroup --ignore tests/project -m "long and not faults and not real"

test-long: .venv/development .emulator/ready  ## Run these tests with all examples, and the tests that take minutes
	HYPOTHESIS_PROFILE=long $(PYTEST) --dist loadfile --ignore tests/project -m "not faults and not real"

test-faults: .venv/development .emulator/ready  ## Try every fault, and write how each ended into docs/reliability.md
	timeout 900 $(PYTEST) --dist loadgroup --ignore tests/project -m "faults or fault"

emulator: .venv/runtime .emulator/ready  ## Serve an account of AWS on 127.0.0.1 until Ctrl-C, on a free port or on PORT
	@exec $(CFNLINK) emulator

rehearse: .venv/development .emulator/ready  ## Deploy each of your environments to an emulator with the AWS CLI
	$(PROJECT_TESTS) -m rehearsal

check: .venv/development .emulator/ready  ## Check your settings and the code; changes nothing, fails when output/ is stale
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	@ENV= $(CFNLINK) lint
	@ENV= $(CFNLINK) cost --check
	$(PROJECT_TESTS)

format: .venv/development  ## Repair what ruff can repair
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: .venv/development  ## Print the ratios that the project promises, taken in pairs
	$(BIN)/python -m tests.bench

lock: .venv/lock  ## Renew the locked dependencies from requirements/*.in
	for set in runtime development emulator lock tools; do \
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

# pip's scripts name the folder of their Python: one breaks at a space, all break in a clone that
# has moved. Its installation names the folder, too, and is written again there.
SCRIPT = printf '%s\n' '\#!/bin/sh' 'exec "$${0%/*}/python" $(1) "$$@"' > $(BIN)/$(2) && chmod +x $(BIN)/$(2)
MOVED := $(shell [ "$$(cat .venv/runtime 2>/dev/null)" = "$$PWD" ] || echo stale)

.venv/runtime: requirements/runtime.txt setup.cfg .venv/made $(MOVED)
	$(BIN)/python $(PIP) --require-hashes --requirement $<
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --no-index --editable .
	$(call SCRIPT,-c "import sys; from cfnlint.runner import main; sys.exit(main())",cfn-lint)
	$(call SCRIPT,-m cfnlink,cfnlink)
	echo "$$PWD" > $@

.venv/development: requirements/development.txt .venv/runtime
	$(BIN)/python $(PIP) --require-hashes --requirement $<
	$(call SCRIPT,-m awscli,aws)
	touch $@

.venv/lock: requirements/lock.txt .venv/made
	$(BIN)/python $(PIP) --require-hashes --requirement $<
	touch $@

# The emulator pins a botocore that the AWS CLI is ahead of: it lives apart.
.emulator/ready: requirements/emulator.txt $(shell [ -x $(EMULATOR) ] || echo stale) | .venv/made
	rm -rf .emulator
	$(BIN)/python -m venv .emulator
	$(EMULATOR) $(PIP) --require-hashes --requirement $<
	touch $@
