# Every target sets up .venv by itself: Python 3.11 or later, make, pip and a package index suffice.
PYTHON ?= python3
TORCH ?= torch==2.13.0
JOBS ?= 2

BIN := .venv/bin
DOCS := .venv-docs/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST = $(BIN)/python -m pytest -n $(JOBS)

# The page tests need a browser; CI asks for one with BROWSER=required.
BROWSER ?= optional
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome chrome,$(shell command -v $(name))))
NO_BROWSER = the tests of pages need a browser and none is on the PATH: install chromium (Debian, Ubuntu: apt-get install chromium)

# Workers share the cores already; a thread pool in each would only make them wait for one another.
test test-torch: export OPENBLAS_NUM_THREADS = 1
test test-torch: export OMP_NUM_THREADS = 1

.PHONY: help demo test test-torch docs lint format bench peers browser clean

help:
	@echo 'make demo        fit real data, print the contest and the summary, write report.html'
	@echo 'make test        all tests but those of PyTorch'
	@echo 'make test-torch  the tests of PyTorch (installs $(TORCH); choose another with TORCH=...)'
	@echo 'make docs        run the book and build it: docs/_build/html/index.html'
	@echo 'make lint        ruff, mypy and the import contract'
	@echo 'make format      let ruff format and sort'
	@echo 'make bench       benchmarks'
	@echo 'make peers       the programs that benchmarks compare with, in environments of their own'
	@echo 'make clean       remove .venv and all caches'

demo: .venv/core
	$(BIN)/likelier demo
	@test ! -f report.html || echo 'The report: $(CURDIR)/report.html'

test: .venv/dev browser
	$(PYTEST) $(if $(CHROMIUM),,-m 'not browser')
	@$(if $(CHROMIUM),,echo 'Left out: $(NO_BROWSER)')

test-torch: .venv/torch
	$(PYTEST) tests/torch

docs: .venv-docs/ready browser
	$(DOCS)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html
	$(DOCS)/python -m pytest tests/book $(if $(CHROMIUM),,-m 'not browser')
	@echo 'The book: $(CURDIR)/docs/_build/html/index.html'

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev
	@for file in benchmarks/[!_]*.py; do $(BIN)/python $$file; done

peers:
	$(PYTHON) -m benchmarks._peers --torch '$(TORCH)'

browser:
ifeq ($(CHROMIUM),)
	@echo '$(NO_BROWSER)' >&2; test '$(BROWSER)' != required
endif

# A stamp stands for what is installed: newer dependencies in pyproject.toml install again.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'likelier needs Python 3.11 or later: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/core: pyproject.toml | .venv/bin/python
	$(PIP) --editable .
	@touch $@

.venv/dev: pyproject.toml | .venv/bin/python
	$(PIP) --editable '.[dev,neural,ode,cluster]'
	@touch $@ .venv/core

# The book has an environment of its own: its peers want older versions of what is tested.
.venv-docs/ready: pyproject.toml
	$(PYTHON) -m venv .venv-docs
	$(DOCS)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]' '$(TORCH)'
	@touch $@

.venv/torch: .venv/dev
	$(PIP) '$(TORCH)'
	@touch $@

clean:
	rm -rf .venv .venv-docs .venv-peers docs/_build build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
