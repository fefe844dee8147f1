# What people and CI run. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
TOOLS := .tools/bin
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Generated code must not need protoc: where one is on the machine, it is hidden.
export PROTOC := /nonexistent

.PHONY: help run test peers browser stories bench check format tools

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## Play the story of a contact change on a server of its own
	cargo run --locked -- demo

test: ## Pass all tests: rules, store, mails, service, on SQLite and on PostgreSQL
	tests/postgres/install.sh
	mkdir -p $(TARGET)
	cargo test --locked --workspace 2>&1 | tee $(TARGET)/tests.log
	awk -v version="$$(tests/postgres/install.sh)" -f tests/engines.awk $(TARGET)/tests.log

peers: ## Hand mails to real servers: Postfix, and one that asks for TLS and a login; needs root
	tests/peers/install.sh
	cargo test --locked --package relevo-tests --features peers --test peers
	cargo run --quiet --locked -- preview-mails --out $(TARGET)/tmp/mails
	cargo test --quiet --locked --package relevo-outbound --test mails
	tests/peers/mails.py $(TARGET)/tmp/mails $(TARGET)/tmp/unusual-mails

browser: ## Click through the page in a real Chromium, in every state; keeps a picture of each
	tests/browser/install.sh
	cargo test --locked --package relevo-tests --features browser --test browser
	@echo "Pictures of every state: $(TARGET)/tmp/browser"

stories: ## Pass the long stories: kills by the dozen, changes by the thousand, scanners
	tests/postgres/install.sh >/dev/null
	tests/browser/install.sh
	cargo test --locked --package relevo-tests --features stories,browser --test stories -- --nocapture
	cargo test --locked --package relevo-tests --features stories,browser --test browser a_thousand

bench: ## Measure that nobody can tell by the time of an answer what is hidden from him
	tests/postgres/install.sh >/dev/null
	cargo bench --locked --package relevo-tests --bench seeing

check: tools ## Check formatting, lints, docs, protos, dependencies, spelling
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	$(TOOLS)/buf lint
	$(TOOLS)/buf format --diff --exit-code
	$(TOOLS)/cargo-deny --log-level error check licenses bans sources
	$(TOOLS)/cargo-shear
	$(TOOLS)/typos

format: tools ## Format code and protos
	cargo fmt --all
	$(TOOLS)/buf format --write

tools: .tools/installed ## Install what `make check` needs, into .tools

.tools/installed: .ci/tools.txt
	python3 -m venv --clear .tools || { \
		echo "make check needs Python 3 with venv; on Debian: apt-get install python3-venv" >&2; \
		[ "$$(id -u)" = 0 ] && apt-get update && apt-get install -y --no-install-recommends python3-venv && \
		python3 -m venv --clear .tools; }
	$(TOOLS)/pip install --quiet --disable-pip-version-check --requirement .ci/tools.txt
	touch $@
