# Everything a fresh machine needs is set up by the targets themselves; see scripts/setup.
.PHONY: setup test simulate soak demo bench lint lock docs clean

PYTHON_BIN = .venv/bin
TESTS ?= tests
KEEP ?=

setup:
	@scripts/setup

## The whole suite, browser tests included.
test: setup lint
	E2E_CHROMIUM=$$(scripts/chromium) $(PYTHON_BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

## N random seeds of the simulation, see docs/simulation.md. TABLE=1 prints every call site by every fault instead.
simulate: setup
	$(PYTHON_BIN)/python -m tests.simulation $(if $(TABLE),--coverage,--count $(or $(N),2000) --first $(or $(FIRST),0))

## N deployments of a small product, half of them flawed, over an unreliable wire. SEED=S does the same again.
soak: setup
	$(PYTHON_BIN)/python -m tests.soak --deployments $(or $(N),100) $(if $(SEED),--seed $(SEED))

## The example product from git push to prod. KEEP=1 stays up until Ctrl-C.
demo: setup
	E2E_CHROMIUM=$$(scripts/chromium) $(PYTHON_BIN)/tidegate demo $(if $(KEEP),--keep)

lint: setup
	$(PYTHON_BIN)/ruff format --check -q .
	$(PYTHON_BIN)/ruff check -q .
	$(PYTHON_BIN)/mypy

## Figures, as medians and ratios; never part of the tests.
bench: setup
	$(PYTHON_BIN)/python -m benchmarks

LOCK = $(PYTHON_BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-annotate --no-header --no-emit-index-url

## Renew requirements.lock, and the parts of it that runners need, with a database and without; none records an index address.
lock: setup
	$(LOCK) --all-extras -o requirements.lock pyproject.toml
	$(LOCK) --extra source --constraint requirements.lock -o runner.lock pyproject.toml
	$(LOCK) --extra source --extra database --constraint requirements.lock -o runner-database.lock pyproject.toml

clean:
	rm -rf .venv .tidegate

## Renew the generated parts of the documentation, and the example's workflow files.
docs: setup
	$(PYTHON_BIN)/python scripts/write_docs.py
	$(PYTHON_BIN)/python -m tidegate.config.editor > docs/tidegate.schema.json
	$(PYTHON_BIN)/tidegate --repo examples/daily-report actions write
