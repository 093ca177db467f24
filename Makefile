# The one door to ServicePro on a machine that has Python 3.11 or newer and make. `make help` lists what it does.
PYTHON ?= python3
BIN := .venv/bin
DEVSTACK := $(BIN)/python -m servicepro.devstack
ARGS ?=

# Settings given on the command line (make run WEB_PORT=8001) reach the processes: make exports them by itself.
export PYTHON

.PHONY: help run stop reset demo test check drills bench lock format venv venv-dev

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: venv ## set up what is missing and run everything until Ctrl-C
	@$(DEVSTACK) run

stop: venv ## stop the embedded servers that manage.py commands left running
	@$(DEVSTACK) stop

reset: venv ## stop everything and delete the local data
	@$(DEVSTACK) reset

demo: venv ## run the port-recovery blast against the simulator without a person
	@$(DEVSTACK) demo

test: venv-dev ## run the tests (ARGS="-k consent" passes pytest options)
	@$(DEVSTACK) test $(ARGS)

check: venv-dev ## lint, format, types, layers, migrations, deployment settings
	@$(DEVSTACK) check

drills: venv-dev ## kill workers in mid-blast and check that nobody is texted twice (ARGS="--seed 7")
	@$(BIN)/python -m bench.drills $(ARGS)

bench: venv-dev ## measure and print JSON (ARGS chooses what)
	@$(BIN)/python -m bench $(ARGS)

format: venv-dev ## rewrite the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: venv-dev ## compile requirements*.in to pinned files with hashes
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 -o requirements.txt requirements.in
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 -c requirements.txt -o requirements-dev.txt requirements-dev.in

venv:
	@bin/prepare requirements.txt

venv-dev:
	@bin/prepare requirements-dev.txt
