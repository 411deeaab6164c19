# Needs Python 3.11 or later, pip and make; nothing else. Everything is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Works where the system's Python comes without ensurepip: pip installs into the environment from outside.
PIP := $(PYTHON) -m pip --disable-pip-version-check --python $(VENV) install --quiet
ARGS ?=

.PHONY: serve test check unit stress crash bench shape lock format clean

serve: $(VENV)/.installed
	@exec $(BIN)/mediatheque serve $(ARGS)

test: check unit

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n 2
	$(BIN)/lint-imports

unit: $(VENV)/.installed-test
	$(BIN)/pytest -n 3 $(ARGS)

# At length what `unit` samples.
stress: $(VENV)/.installed-test
	MEDIATHEQUE_TEST_AT_LENGTH=1 MEDIATHEQUE_TEST_KILLS=100 $(BIN)/pytest -n 2 -m "stress or sampled" $(ARGS)

crash: $(VENV)/.installed-test
	MEDIATHEQUE_TEST_KILLS=100 $(BIN)/pytest -n 0 tests/crashes

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench $(ARGS)

.PHONY: docs
docs: $(VENV)/.installed-docs
	$(BIN)/zensical build --strict --clean

format: $(VENV)/.installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

shape: $(VENV)/.installed
	$(BIN)/python -m tools.shape $(ARGS)

lock: $(VENV)/.installed
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		pyproject.toml --group test -o requirements-test.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		pyproject.toml --group test --group bench -o requirements-bench.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--group pyproject.toml:docs -c requirements-bench.lock -o requirements-docs.lock

clean:
	rm -rf $(VENV)

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Mediatheque needs Python 3.11 or later; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.installed: $(VENV)/pyvenv.cfg pyproject.toml requirements.lock
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.lock
	$(PIP) --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test requirements-bench.lock
	$(PIP) --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/.installed-docs: $(VENV)/pyvenv.cfg requirements-docs.lock
	$(PIP) --require-hashes -r requirements-docs.lock
	@touch $@
