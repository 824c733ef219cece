# Everything happens in .venv, so that nothing outside this folder changes.
# `make PYTHON=python3.12 test` picks another interpreter for a new .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Real recordings, where they are; everything that wants them says so and goes without otherwise.
ifndef AUDIOFEAT_DATA
ifneq ($(wildcard ../shared/data),)
export AUDIOFEAT_DATA := $(abspath ../shared/data)
endif
endif

.PHONY: help demo test lint docs bench clean

help:
	@echo "make demo   install with the CNN extra and compare features and models on cats and dogs"
	@echo "make test   run the tests"
	@echo "make lint   ruff, mypy, import-linter, numpydoc"
	@echo "make docs   build the documentation into docs/_build/html"
	@echo "make bench  run the benchmarks"
	@echo "make clean  remove the virtual environment and everything built"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

COMPILED := $(wildcard audiofeat/dsp/c/*)
# One stamp per set of extras, renewed when the metadata or the compiled part change.
$(VENV)/.installed-%: pyproject.toml $(COMPILED) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[$(subst +,$(comma),$*)]'
	@touch $@
comma := ,

demo: $(VENV)/.installed-cnn
	$(BIN)/audiofeat compare --output demo-output

test: $(VENV)/.installed-cnn+demo+onnx+skops+test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/numpydoc lint $(shell git ls-files 'audiofeat/**.py')

docs: $(VENV)/.installed-cnn+docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going -b html docs docs/_build/html

# The peers get an environment of their own; one that cannot be installed is reported as not run, and tried again the next
# time, in case the index could not be reached.
BENCH_VENV := .bench-venv
$(BENCH_VENV)/bin/python:
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --upgrade pip

$(BENCH_VENV)/.installed: pyproject.toml $(COMPILED) benchmarks/requirements.txt | $(BENCH_VENV)/bin/python
	$(BENCH_VENV)/bin/python -m pip install --quiet --editable .
	missing=; while read -r peer; do case "$$peer" in '#'*|'') ;; *) \
	    $(BENCH_VENV)/bin/python -m pip install --quiet "$$peer" </dev/null || missing="$$missing $$peer" ;; \
	esac; done < benchmarks/requirements.txt; \
	if [ -z "$$missing" ]; then touch $@; else echo "not installed:$$missing"; fi

bench: $(BENCH_VENV)/.installed
	$(BENCH_VENV)/bin/python benchmarks/run.py
	$(BENCH_VENV)/bin/python benchmarks/parts.py --write
	$(BENCH_VENV)/bin/python benchmarks/nested.py --write

clean:
	rm -rf $(VENV) $(BENCH_VENV) build dist docs/_build docs/gallery docs/generated *.egg-info
