# Everything works from a fresh clone with nothing but Python 3.11. The environment is rebuilt when pyproject.toml changes.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := synthcli tests docs examples benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo test check bench chain format docs golden clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.created: pyproject.toml
	@rm -rf $(VENV)
	@$(PYTHON) -c 'import sys; sys.exit("synthcli needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.examples: $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[examples]'
	@touch $@

$(VENV)/.dev: $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.dev benchmarks/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	@touch $@

demo: $(VENV)/.examples ## Fetch a real table and run the chain up to the report
	@PATH="$(CURDIR)/$(BIN):$(BIN):$$PATH" examples/demo.sh demo

test: $(VENV)/.dev ## Run all tests
	$(BIN)/python -m pytest

check: $(VENV)/.dev ## Lint, types, layers, file lengths, generated documentation
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	@find $(SOURCES) -name '*.py' -exec awk 'FNR == 301 { print FILENAME ": more than 300 lines" }' {} + | (! grep .)
	$(BIN)/python docs/generate_cli.py --check

bench: $(VENV)/.bench ## Compare with peers: run what is missing, print the tables, draw the plots (BENCH=--quick: a few)
	$(BIN)/python benchmarks/compare.py run $(BENCH)
	$(BIN)/python benchmarks/compare.py table $(BENCH)
	$(BIN)/python benchmarks/compare.py plots $(BENCH)

chain: $(VENV)/.dev ## Measure the chain beside its floors (benchmarks/README.md keeps the figures)
	$(BIN)/python benchmarks/chain.py

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: $(VENV)/.dev ## Write docs/cli.md from the commands' help
	$(BIN)/python docs/generate_cli.py

golden: $(VENV)/.dev ## Rewrite the golden files of the command line's tests
	SYNTHCLI_GOLDEN=rewrite $(BIN)/python -m pytest tests/cli

clean: ## Remove the environment and what the tools left behind
	rm -rf $(VENV) demo dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
