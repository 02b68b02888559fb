# What can be done here. Every target installs what it needs, or says what to install.

CARGO ?= cargo
MINUTES ?= 20

.PHONY: run test check bench mutants soak tools

## Build what is missing and start everything.
run: tools
	$(CARGO) build --release --package signalbox
	./target/release/signalbox up

## All tests.
test: tools
	scripts/test

## Format, lints, types.
check: tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --workspace --no-deps --document-private-items --quiet
	scripts/check-javascript

## The figures that README quotes.
bench: tools
	$(CARGO) build --release --package signalbox
	cd benches/node && npm ci --silent --no-audit --no-fund
	$(CARGO) run --release --package benches

## Breaks the state machine in many ways and shows that its model checker sees each.
mutants: tools
	crates/lifecycle/mutants/run

## MINUTES of random orders, kills and crashes, every announced state compared with /proc.
soak: tools
	$(CARGO) build --release --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	SIGNALBOX_BIN=$(CURDIR)/target/release/signalbox node e2e/soak/run.mjs --minutes $(MINUTES)

tools:
	@scripts/require-tools
