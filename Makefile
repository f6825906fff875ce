# Fairlead's commands. `make` alone lists them. Each does the set-up it needs.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
LAB ?= demo
NODES ?= 3
CLIENTS ?= 1
E2E ?= test/e2e/*.e2e.ts
RUNS ?= 1
SEEDS ?= 20000
FRAMES ?= 10000000
BENCH ?=

DEPENDENCIES := node_modules/.fairlead-installed
ADDON := packages/linux/build/fairlead_linux.node
UNIT := 'packages/*/src/**/*.test.ts' 'test/architecture/*.test.ts' 'test/lab/*.test.ts' 'test/simulation/*.test.ts' 'test/noise/*.test.ts' 'manifests/*.test.ts'

.PHONY: help
help: ## list the commands
	@echo "Fairlead: bare-metal LoadBalancer provider for Kubernetes"
	echo
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	echo
	echo "  Settings: LAB=name NODES=3 CLIENTS=1 (lab-up, lab-down), E2E=files RUNS=1 (e2e), BENCH=names (bench), SEEDS=20000 (simulate), FRAMES=10000000 (noise)."
	echo "  Builds of the lab's Kubernetes are kept in $${FAIRLEAD_CACHE:-$${XDG_CACHE_HOME:-~/.cache}/fairlead}."

.PHONY: demo
demo: image lab-tools ## [root] a real cluster, Fairlead in it, a page fetched through a virtual IP
	@node test/demo/main.ts

.PHONY: test
test: check native image lab-tools ## [root] everything: check, native code under ASan, end-to-end tests
	@node scripts/e2e.ts --runs $(RUNS) $(E2E)

.PHONY: check
check: $(DEPENDENCIES) $(ADDON) ## types, lint, layers, generated files, unit tests, 1,000 simulated runs; about two minutes
	@echo "types"; tsc -p .
	echo "lint"; biome check --error-on-warnings .
	echo "unit tests"; mocha $(UNIT)

.PHONY: simulate
simulate: $(DEPENDENCIES) ## the takeover protocol against faults in virtual time (SEEDS=20000)
	@node test/simulation/main.ts $(SEEDS)

.PHONY: noise
noise: $(DEPENDENCIES) ## forged, broken and random bytes for every parser (FRAMES=10000000 each)
	@node test/noise/main.ts $(FRAMES)

.PHONY: native
native: $(ADDON) ## [root] the C addon's tests and noise under AddressSanitizer, and under valgrind where there is one
	@echo "C addon under AddressSanitizer"; node packages/linux/scripts/test-asan.ts
	echo "noise through the C addon"; node test/noise/native.ts

.PHONY: e2e
e2e: image lab-tools ## [root] the end-to-end tests on a real cluster
	@node scripts/e2e.ts --runs $(RUNS) $(E2E)

.PHONY: bench
bench: image lab-tools ## [root] figures beside their references (BENCH="core memory answers burst urgent failover many idle")
	@node test/bench/main.ts $(BENCH)

.PHONY: image
image: $(DEPENDENCIES) $(ADDON) ## [root] the OCI image, build/fairlead.tar
	@node scripts/image.ts

.PHONY: cli
cli: $(DEPENDENCIES) ## the command line tool, build/fairlead: one executable file for Node.js 22 or newer
	@node scripts/cli.ts

.PHONY: generate
generate: $(DEPENDENCIES) ## write the CRDs in manifests/crds from packages/api
	@node packages/api/scripts/generate-crds.ts

.PHONY: lab-up
lab-up: image lab-tools ## [root] start a cluster (LAB=name NODES=3 CLIENTS=1) with the image loaded
	@node test/lab/main.ts up --name $(LAB) --nodes $(NODES) --clients $(CLIENTS) --image build/fairlead.tar

.PHONY: lab-down
lab-down: $(DEPENDENCIES) ## [root] take that cluster down and leave nothing behind
	@node test/lab/main.ts down --name $(LAB)

.PHONY: lab-tools
lab-tools: $(DEPENDENCIES)
	@node test/lab/main.ts build

.PHONY: uninstall
uninstall: $(DEPENDENCIES) ## take Fairlead out of the cluster that kubectl talks to, its finalizers first
	@node scripts/uninstall.ts

.PHONY: clean
clean: ## remove what was built in the tree (the cache of the lab's Kubernetes stays)
	@rm -rf build packages/linux/build node_modules

$(DEPENDENCIES): package.json package-lock.json $(wildcard packages/*/package.json) test/package.json
	@scripts/install.sh
	touch $@

$(ADDON): $(DEPENDENCIES) $(wildcard packages/linux/addon/*) packages/linux/scripts/build.ts
	@node scripts/compiler.ts
	node packages/linux/scripts/build.ts
	touch $@
