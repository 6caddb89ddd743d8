# Every target makes what it needs: on a fresh machine each is the only command. `make PYTHON=python3.12 ...` picks one.

SHELL := /bin/sh
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin

# A folder of data packs; its eval/ is for checking only.
DATA ?= data
PACKS = $(patsubst %,--data %,$(filter-out %/eval/,$(wildcard $(DATA)/*/)))
RUNS ?= runs
MINUTES ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test train export bench check docs lint format types clean

help:
	@echo "make demo     track a moving face; writes demo.mp4, demo.jsonl and demo.png"
	@echo "make test     the tests that need no TensorFlow"
	@echo "make check    ruff, import contracts, mypy and all tests (installs TensorFlow)"
	@echo "make train    train both models: DATA=folder of packs, MINUTES=each, RUNS=folder for weights"
	@echo "make export   export the trained models of RUNS to models/"
	@echo "make docs     the documents as a site, in build/docs/site"
	@echo "make bench    every speed measurement, about ten minutes; accuracy with DATA=folder of packs"

demo: $(VENV)/.runtime
	$(BIN)/smile-edge webcam --source demo --frames 150 --no-show \
		--video demo.mp4 --jsonl demo.jsonl --contact-sheet demo.png --overwrite
	@echo "look at demo.png and demo.mp4; the points are in demo.jsonl"

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not training"

train: $(VENV)/.train
	@test -n "$(PACKS)" || { echo "No data packs in $(DATA)/. Name their folder: make train DATA=/path/to/packs" >&2; exit 1; }
	$(BIN)/python -m train landmarks $(PACKS) --minutes $(MINUTES) --out $(RUNS)/landmarks
	$(BIN)/python -m train detector $(PACKS) --minutes $(MINUTES) --out $(RUNS)/detector

export: $(VENV)/.train
	$(BIN)/python -m export --weights $(RUNS)/landmarks/best.keras --task landmarks --out models
	$(BIN)/python -m export --weights $(RUNS)/detector/best.keras --task detector --out models

bench: $(VENV)/.train
	$(BIN)/python -m benchmarks all $(if $(MEDIAPIPE),--mediapipe "$(MEDIAPIPE)") $(if $(YUNET),--yunet "$(YUNET)")
	@if test -d "$(DATA)"; then $(BIN)/python -m benchmarks accuracy --data $(DATA); \
	else echo "accuracy: name the evaluation packs with DATA=folder"; fi

check: lint types $(VENV)/.train
	$(BIN)/python -m pytest

docs: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	$(BIN)/python docs/build_site.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache demo.mp4 demo.jsonl demo.png

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || { rm -f $@; exit 1; }

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	sh .ci/ensure-cv2 $(BIN)/python
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	sh .ci/ensure-cv2 $(BIN)/python
	@touch $@ $(VENV)/.runtime

$(VENV)/.train: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[train,dev]"
	sh .ci/ensure-cv2 $(BIN)/python
	@touch $@ $(VENV)/.dev $(VENV)/.runtime
