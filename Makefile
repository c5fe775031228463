# make lab    install everything into .venv, check the evidence, open the first lab
# make test   everything that CI runs
# make bank   the demo bank for real, on a PostgreSQL of its own; also installs what teachers need
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: lab test bank install install-class install-dev data notebooks lock bench fuzz clean

lab: install
	$(BIN)/labkit check data
	$(BIN)/labkit start $(START)

bank: install-class
	$(BIN)/labkit bank start

install: $(VENV)/.installed
install-class: $(VENV)/.installed-class
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "Installing into $(VENV): about 600 MB, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.installed-class: requirements-class.lock $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-class.lock
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	touch $@

test: install-dev
	$(BIN)/python tests/everything.py

# The committed evidence and notebooks, made again from their sources.
data: install-dev
	$(BIN)/labkit remake data

notebooks: install-dev
	$(BIN)/labkit build

# Needs `uv` (any recent one) on the PATH. The locks hold names, versions and hashes, and no index.
UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --no-strip-extras
lock:  # extras stay: pip before 24 looks for coverage[toml], which pytest-cov asks for, under just that name
	$(UV_COMPILE) pyproject.toml requirements.in -o requirements.lock
	$(UV_COMPILE) --extra bank --extra teacher -c requirements.lock pyproject.toml requirements.in -o requirements-class.lock
	$(UV_COMPILE) --extra dev -c requirements-class.lock pyproject.toml requirements.in -o requirements-dev.lock

bench: install-dev
	$(BIN)/python -m benchmarks

# An hour of damaged files against the loader; what breaks its law is kept in tests/fuzz/corpus.
MINUTES ?= 60
fuzz: install-dev
	$(BIN)/python tests/fuzz --minutes $(MINUTES)

clean:
	rm -rf $(VENV) .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
