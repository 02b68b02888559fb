# What can be done here. Every target installs what it needs, or says what to install.

CARGO ?= cargo
MINUTES ?= 20
CYCLES ?= 100000
# Where `cargo install --root` put other gateways that are to be measured beside the router.
PEERS ?=
# What npm writes when it is done; the folder itself changes whenever a tool keeps something in it.
DASHBOARD_PACKAGES := dashboard/node_modules/.package-lock.json

.PHONY: run dev dashboard test clients check bench bench-gateway figures mutants fuzz soak chaos endurance supply tools

## Build what is missing and start everything.
run: tools dashboard
	$(CARGO) build --release --package signalbox
	./target/release/signalbox up

## The dashboard with hot reload, against a running server (SIGNALBOX_URL, else http://127.0.0.1:3002).
dev: tools $(DASHBOARD_PACKAGES)
	cd dashboard && npm run dev

## The dashboard's files, which become part of the binary.
dashboard: dashboard/dist/index.html

dashboard/dist/index.html: $(DASHBOARD_PACKAGES) $(shell git ls-files dashboard)
	cd dashboard && npm run build

$(DASHBOARD_PACKAGES): dashboard/package-lock.json
	cd dashboard && npm ci --silent --no-audit --no-fund
	@touch $@

## All tests.
test: tools dashboard
	scripts/test

## The clients alone, and the heavy ones that `make test` leaves out: coding agents, and LiteLLM as a provider.
clients: tools dashboard
	$(CARGO) build --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	scripts/require-clients heavy
	SIGNALBOX_BIN=$(CURDIR)/target/debug/signalbox node --test --test-concurrency=2 \
		e2e/clients/*.test.mjs e2e/clients/heavy/*.test.mjs

## Format, lints, types.
check: tools dashboard
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings
	$(CARGO) check --quiet --manifest-path fuzz/Cargo.toml --lib --locked --target-dir target
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --workspace --no-deps --document-private-items --quiet
	scripts/check-javascript
	cd dashboard && npm run check --silent

## The figures that README quotes.
bench: tools dashboard
	$(CARGO) build --release --package signalbox
	cd benches/node && npm ci --silent --no-audit --no-fund
	$(CARGO) run --release --package benches -- $(if $(PEERS),--peers $(PEERS))
	$(MAKE) --no-print-directory figures

## The router beside other gateways: what is missing of them is named with the command that installs it.
bench-gateway: tools dashboard
	$(CARGO) build --release --package signalbox
	$(CARGO) run --release --package benches -- --only gateway $(if $(PEERS),--peers $(PEERS))

## How fast the dashboard is in a browser.
figures: tools dashboard
	$(CARGO) build --release --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	CHROMIUM="$$(scripts/require-chromium)" && export CHROMIUM && \
		SIGNALBOX_BIN=$(CURDIR)/target/release/signalbox node e2e/browser/figures.mjs

## Breaks the state machine in many ways and shows that its model checker sees each.
mutants: tools
	crates/lifecycle/mutants/run

## MINUTES of each fuzz target, one after the other, and of calls made from the OpenAPI document (docs/fuzzing.md).
fuzz: tools dashboard
	fuzz/run $(MINUTES)
	$(CARGO) build --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	scripts/require-clients
	SIGNALBOX_BIN=$(CURDIR)/target/debug/signalbox node fuzz/api.mjs --minutes $(MINUTES)

## MINUTES of random orders, kills and crashes, every announced state compared with /proc.
soak: tools dashboard
	$(CARGO) build --release --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	SIGNALBOX_BIN=$(CURDIR)/target/release/signalbox node e2e/soak/run.mjs --minutes $(MINUTES)

## MINUTES of the same with 50 processes and 50 clients, floods and a bad network: more than two cores bear, by intention,
## so that the server may be a second late to say what is.
chaos: tools dashboard
	$(CARGO) build --release --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	SIGNALBOX_BIN=$(CURDIR)/target/release/signalbox SIGNALBOX_SOAK_LOADED_MS=1000 \
		node e2e/soak/run.mjs --minutes $(MINUTES) --processes 50 --watchers 50

## CYCLES starts and stops: whether memory, threads, descriptors, tasks, files or databases grow.
endurance: tools dashboard
	$(CARGO) build --release --package signalbox
	cd e2e && npm ci --silent --no-audit --no-fund
	SIGNALBOX_BIN=$(CURDIR)/target/release/signalbox node e2e/soak/endurance.mjs --cycles $(CYCLES)

## What others wrote: licences, advisories, duplicates, and a bill of materials in target/sbom.
supply: tools
	scripts/supply

tools:
	@scripts/require-tools
