# Every verb of the project. `make run` and `make test` are all that most people need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LISTEN ?= 127.0.0.1:8000
DATA_DIR ?= data
N ?= 50
FILES ?=
FUZZ ?=
OPTIONS ?=

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-input
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

BENCHES := $(addprefix bench-,crash errors footprint logs metrics pages scrape small spans spool)

.PHONY: run setup test check fix web docs lock promqltest fuzz clean bench $(BENCHES)

run: setup
	@exec $(BIN)/watchkeeper serve --listen $(LISTEN) --data-dir $(DATA_DIR)

setup: $(VENV)/.run-ready web

# The environment: hashed, locked packages; the project itself in place.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Watchkeeper needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "Python's venv module is incomplete. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making the environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: $(VENV)/.python requirements.lock
	@$(BIN)/python tools/install_locked.py requirements.lock "Installing the server's packages"
	@WK_SKIP_WEB=1 $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements-dev.lock
	@$(BIN)/python tools/install_locked.py requirements-dev.lock "Installing the tools for tests"
	@touch $@

# The web UI, with the system's Node >= 20 or one that pip brings.
web: watchkeeper/api/assets/index.html

watchkeeper/api/assets/index.html: $(WEB_SOURCES) tools/build_web.py | $(VENV)/.run-ready
	@tools/with_node.sh $(BIN)/python tools/build_web.py

test: $(VENV)/.test-ready web
	@tools/test.sh

check: $(VENV)/.test-ready
	@tools/check.sh

fix: $(VENV)/.test-ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@tools/with_node.sh npm --prefix web run --silent fix

docs: $(VENV)/.test-ready
	@$(BIN)/python -m tools.write_docs

lock:
	@$(BIN)/python tools/lock.py

promqltest: $(VENV)/.test-ready
	@$(BIN)/python -m tests.promqltest $(FILES)

# Ten million hostile inputs; `make fuzz FUZZ="--seconds 60 --target promql-parse"`.
fuzz: $(VENV)/.test-ready
	@$(BIN)/python -m tests.fuzz $(FUZZ)

# `make bench-metrics OPTIONS="--seconds 20 query"`.
bench: bench-footprint bench-spool bench-scrape bench-spans bench-crash

bench-crash: OPTIONS = --kills $(N)

$(BENCHES): bench-%: $(VENV)/.test-ready web
	@$(BIN)/python -m bench.$* $(OPTIONS)

clean:
	@rm -rf $(VENV) web/node_modules web/dist watchkeeper/api/assets .test-servers .bench
