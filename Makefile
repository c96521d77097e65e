# Two commands do all the set-up: `make chat` and `make test`.

PYTHON ?= python3
PORT   ?= 8501
CORPUS ?=

BIN      := .venv/bin
PIP      := $(BIN)/python -m pip --disable-pip-version-check
# Of a gigabyte of packages a fifth is ever imported: only that is compiled, once, whatever the environment says.
WARM     := PYTHONDONTWRITEBYTECODE= $(BIN)/python
RUNTIME  := .venv/.runtime
DEV      := .venv/.dev

.DEFAULT_GOAL := help
.PHONY: help chat test check format schema lock clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'
	@echo "  Variables: CORPUS=/path/to/documents  PORT=8501  PYTHON=python3.12"

chat: $(RUNTIME)  ## index the sample (or CORPUS=/path/to/documents) and open the chat on 127.0.0.1:8501 (or PORT=…)
	@$(BIN)/assistant chat --port "$(PORT)" $(if $(CORPUS),--corpus "$(CORPUS)",--sample)

test: $(DEV)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(DEV)  ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEV)  ## format the code and mend what the linter can
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

schema: $(RUNTIME)  ## write docs/answer.schema.json anew
	$(BIN)/python -c "from assistant.types import answer_schema; print(answer_schema(), end='')" > docs/answer.schema.json

lock: $(DEV)  ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## remove the environment and every cache; libraries and chats stay
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp is written last, so that an install that was interrupted is done again.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Footnote needs Python 3.11 or newer; '$(PYTHON)' is missing or older. Name another one: make chat PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ echo "The environment could not be made. On Debian and Ubuntu install it first: apt-get install python3-venv"; rm -rf .venv; exit 1; }

$(RUNTIME): .venv/bin/python requirements.lock pyproject.toml
	@echo "Installing Footnote into .venv (once, some minutes) …"
	@$(PIP) install -qq --no-compile --require-hashes -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@$(WARM) -c 'import assistant.cli.main, assistant.pipeline, assistant.ingest.sync.sync, streamlit.web.bootstrap, streamlit.runtime'
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@echo "Installing what the tests need …"
	@$(PIP) install -qq --no-compile --require-hashes -r requirements-dev.lock
	@$(WARM) -c 'import hypothesis.internal.conjecture.engine, playwright.sync_api, pytest, streamlit.testing.v1'
	@touch $@
