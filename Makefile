# What a person types. The work is done by ./setup (what is installed), cargo-leptos (what is
# built) and .ci/test (what is checked); this file only says in which order.

export PATH := $(shell ./setup path):$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
SITE := $(CURDIR)/target/site/pkg/sealdock.wasm
BINARY := $(TARGET)/release/sealdock

CRATES := Cargo.toml Cargo.lock rust-toolchain.toml
SITE_SOURCES := $(CRATES) $(shell find app frontend style $(wildcard public) -type f -not -path '*/node_modules/*')
SOURCES := $(SITE_SOURCES) $(shell find server $(wildcard migrations) -type f)

.DEFAULT_GOAL := help
.PHONY: run dev build test bench faults lint fmt clean help ready

run: build ## set this machine up, build, and start on http://127.0.0.1:4600 (ARGS=… for serve)
	$(BINARY) serve $(ARGS)

dev: ready ## rebuild and reload the page at every edit
	cargo leptos watch -- serve $(ARGS)

build: $(BINARY) ## the one binary, with the site in it

test: ## everything: lint, tests, a real Engine, a real browser
	@.ci/test

bench: build ## the table of numbers, beside nginx, HAProxy and Caddy
	@./setup bench
	end2end/bench/run

faults: ready ## the matrix of faults survived
	end2end/faults/run

lint: ## formatting, clippy, dependencies, shell scripts
	@.ci/test lint

fmt: ## format everything
	cargo fmt --all
	cargo fmt --manifest-path server/engine/agent/Cargo.toml
	rustfmt --edition 2024 server/engine/sample/hello/main.rs

clean: ## what was built here; not what was installed
	cargo clean
	rm -rf target style/node_modules end2end/node_modules end2end/screenshots

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

ready:
	@./setup toolchain tools engine

# In this order: the binary embeds the site, compressed.
$(SITE): $(SITE_SOURCES) | ready
	cargo leptos build --release --frontend-only --precompress
	@touch $@

$(BINARY): $(SITE) $(SOURCES) | ready
	cargo leptos build --release --server-only
	@touch $@
