# gaitcast: `make help` lists the commands. Every one sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
DOCS ?= .venv-docs
PEERS ?= .venv-peers
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@# Without what it asks for: torchvision does not import beside a CPU-only torch.
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps pytorchcv captum
	@touch $@

.PHONY: install
install: $(READY) ## make a virtual environment with the pinned versions

.PHONY: demo
demo: $(READY) ## simulated people: train, table, report, bundle, live replay
	$(BIN)/gaitcast run demo --out runs/demo
	$(BIN)/gaitcast simulate --out runs/demo/newcomer --subjects 1 --minutes 0.5 --seed 99
	$(BIN)/gaitcast stream "runs/demo/bundles/wearer-adaptive-imu+angle-none" --source replay:runs/demo/newcomer/recordings/S01.csv
	@echo "open runs/demo/report.html"

.PHONY: test
test: $(READY) ## the test suite; real recordings are used where GAITCAST_DATA points to them
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not tutorial"

.PHONY: test-slow
test-slow: $(READY) ## the tests of over 20 s: clusters, killed workers
	$(BIN)/python -m pytest -m slow

.PHONY: test-tutorials
test-tutorials: $(READY) ## the tutorials of the docs from the first line to the last, some ten minutes
	$(BIN)/python -m pytest -m tutorial

.PHONY: damaged
damaged: $(READY) ## two thousand damaged files over every reader
	GAITCAST_DAMAGED=2000 $(BIN)/python -m pytest -s tests/io/test_damaged.py

.PHONY: lint
lint: $(READY) ## style, documentation and types
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/ruff check src tests benchmarks examples docs
	$(BIN)/mypy

.PHONY: bench
bench: $(READY) $(PEERS)/.ready ## speed, as ratios against a named peer in the same run; half an hour
	$(BIN)/python benchmarks/ratios.py --peer-python $(PEERS)/bin/python

$(PEERS)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(PEERS)
	@# Of the pinned versions only torch: TensorFlow asks for an older h5py.
	$(PEERS)/bin/pip install --quiet "$$(grep '^torch==' constraints.txt)" --editable ".[lab]" tensorflow-cpu darts neuralforecast
	@touch $@

.PHONY: figures
figures: $(READY) ## draw the figures of the docs again
	$(BIN)/python docs/figures/simulated_cohort.py

.PHONY: docs-reference
docs-reference: $(READY) ## write docs/python.md and docs/command-line.md again
	$(BIN)/python docs/make_python_page.py
	$(BIN)/python docs/make_commands_page.py

$(DOCS)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --constraint constraints.txt --editable ".[docs]"
	@touch $@

.PHONY: docs
docs: $(DOCS)/.ready ## the site in build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict

.PHONY: wheel-test
wheel-test: $(READY) ## wheel and sdist; the wheel alone, without torch, runs a bundle
	rm -rf dist build/device
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/pip install --quiet hatchling
	$(BIN)/python -c "import hatchling.build; hatchling.build.build_sdist('dist')"
	$(PYTHON) -m venv build/device
	build/device/bin/pip install --quiet --constraint constraints.txt "$$(ls dist/*.whl)[runtime]"
	cp tests/smoke_device.py build/ && cd build && device/bin/python smoke_device.py ../examples/ankle-bundle

.PHONY: clean
clean: ## remove the environments, what was built, and the demo's results
	rm -rf $(VENV) $(DOCS) $(PEERS) build dist runs/demo
