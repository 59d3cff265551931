# Everything a newcomer needs: `make demo` and `make test` do their own set-up.
# Requirements: Python 3.11 to 3.13 with pip, and make. PYTHON=python3.13 names another interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := data/demo-extracts
DEMO_KEY := data/demo.key
DEMO_POLICY := data/demo-policy.yml
DEMO_RELEASE := data/utdata
DEMO_SITE := data/site
WAREHOUSE := data/introstat.duckdb
RECEIVED := data/introstat.received
SPARK_VENV := .venv-spark
SMALL := data/scale-out

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-warehouse demo-release scale-out scale-out-small test checks lint typecheck \
	sqllint unit test-slow test-site test-pages browser test-faults test-fuzz test-intruder test-mutations test-tools test-repository release-notes bench docs lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

setup: $(VENV)/.ready ## make the virtual environment with the locked packages

# --without-pip, and the pip outside told where to install: a bare Debian has no python3-venv.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "introstat needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.13 (Debian: apt install python3 python3-pip)"; exit 1; }
	@$(PYTHON) -m pip --version > /dev/null 2>&1 || { \
		echo "pip is missing. Debian: apt install python3-pip"; exit 1; }
	@echo "Setting up $(VENV): some 150 packages, a minute or two."
	$(PYTHON) -m venv --without-pip --clear $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --disable-pip-version-check --progress-bar off \
		--require-hashes --requirement requirements.lock
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

# The demo has a key of its own, so that a delivery of real persons, received with the office's key, is
# refused in its folder instead of mixed with made-up ones.
demo-warehouse: setup ## build the warehouse from made-up extracts and print its main figures
	@test -f $(DEMO_KEY) || ! ls $(RECEIVED)/*/*/receipt.json > /dev/null 2>&1 || { \
		echo "$(RECEIVED) holds deliveries that are not the demo's. Move data/ away first."; exit 1; }
	@echo "Writing the extracts of 5 000 made-up persons to $(DEMO)."
	@test -d $(DEMO) || $(BIN)/introstat synth --out $(DEMO) --persons 5000 --seed 2017 --shapes mixed
	@test -f $(DEMO_KEY) || $(BIN)/python -c 'import secrets; print(secrets.token_hex(64))' > $(DEMO_KEY)
	@echo "The demo makes a pseudonym key of its own, $(DEMO_KEY); it protects nobody."
	$(BIN)/introstat build --extracts $(DEMO) --warehouse $(WAREHOUSE) --key-file $(DEMO_KEY) \
		--synthetic tenor
	@$(BIN)/introstat summary --warehouse $(WAREHOUSE)

demo-release: demo-warehouse ## the same, then a protected release of it
	@sed 's/^decided_by: .*/decided_by: "nobody; the demo"/' introstat/disclosure/policy.yml > $(DEMO_POLICY)
	@test -d $(DEMO_RELEASE)/2017H2_v1 || $(BIN)/introstat release 2017H2 --kind preliminary \
		--policy $(DEMO_POLICY) --warehouse $(WAREHOUSE) --out $(DEMO_RELEASE)
	@echo "The report: $(DEMO_RELEASE)/2017H2_v1/rapport_p2017-H2_v1.pdf (and .html); the tables lie beside it."

demo: demo-release ## the same, then the public site of it, to open in a browser
	@$(BIN)/introstat site --releases $(DEMO_RELEASE) --out $(DEMO_SITE)
	@echo "Open $(DEMO_SITE)/index.html in a browser and find your municipality; its persons are made up."

# The linters run beside the tests: both have something to do for two processors until the end.
test: setup ## everything CI runs: linters, types and tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target checks unit

checks: lint typecheck sqllint

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: setup
	$(BIN)/mypy

sqllint: setup
	sh tests/in_own_folder.sh $(BIN)/python tests/lint_sql.py

unit: setup
	sh tests/in_own_folder.sh $(BIN)/pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

test-slow: setup ## the definitions over many more generated populations (half an hour)
	$(BIN)/pytest -m slow

# Only for this: npm writes beside the test and nowhere else. CHROMIUM names another browser, SITE another site.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
SITE ?= $(DEMO_SITE)
RELEASE ?= $(lastword $(sort $(wildcard $(DEMO_RELEASE)/*_v*)))
PAGES := data/pages
test-site: browser ## the demo's site in a real browser: axe-core, keyboard, 360 px, no scripts (SITE_PAGES=few: some pages)
	@test -f $(SITE)/index.html || { echo "$(SITE) holds no site. Run make demo first."; exit 1; }
	CHROMIUM=$(CHROMIUM) node tests/browser/check.mjs $(SITE) $(SITE_PAGES)

test-pages: setup browser ## the demo's report, reception pages and overview, and longer ones, in the browser at 320 px (SITE_PAGES=few)
	@test -n "$(RELEASE)" || { echo "$(DEMO_RELEASE) holds no release. Run make demo first."; exit 1; }
	$(BIN)/python -m tests.browser.long_texts $(PAGES)
	@$(BIN)/introstat overview --warehouse $(WAREHOUSE) --out $(PAGES)
	CHROMIUM=$(CHROMIUM) node tests/browser/pages.mjs $(SITE_PAGES) $(PAGES) $(RELEASE) $(RECEIVED)

browser:
	@test -n "$(CHROMIUM)" || { echo "No browser. Debian: apt install chromium"; exit 1; }
	@npm --version > /dev/null 2>&1 || { echo "npm is missing. Debian: apt install nodejs npm"; exit 1; }
	@test -d tests/browser/node_modules/axe-core || \
		npm install --no-package-lock --no-fund --no-audit --silent --prefix tests/browser

test-faults: setup ## kill receipt and build, fill the disk, build twice at once, read meanwhile
	$(BIN)/pytest tests/python/test_faults.py -m ''

test-fuzz: setup ## thousands of hostile deliveries and of offices' layouts (an hour)
	$(BIN)/pytest tests/python/test_hostile.py tests/python/test_mapping_inverse.py --hypothesis-profile=fuzz

test-intruder: setup ## attack releases of half-years and years from outside, planted mistakes too
	$(BIN)/pytest tests/python/test_intruder.py -m '' --durations=10

test-tools: setup ## the demo's release in other people's tools, each in an environment of its own (RELEASE names another)
	@test -n "$(RELEASE)" || { echo "$(DEMO_RELEASE) holds no release. Run make demo first."; exit 1; }
	$(BIN)/python -m tests.tools $(RELEASE)

test-repository: setup ## CITATION.cff, CI, Dockerfile and the like with the tools that enforce their standards
	$(BIN)/python -m tests.tools.repository

test-mutations: setup ## plant faults and see that make test finds each (about an hour)
	$(BIN)/python -m tests.mutations

BENCH_PERSONS ?= 25000
bench: setup ## measure what people wait for, and print the page (benchmarks/README.md)
	$(BIN)/python -m benchmarks $(BENCH_PERSONS:%=--persons %)

# Spark and its adapter want other versions than ours, and half a gigabyte: an environment of their own.
$(SPARK_VENV)/.ready: scale_out/requirements.lock
	@java -version 2> /dev/null || { \
		echo "Spark needs Java 17 or newer. Debian: apt install openjdk-17-jre-headless"; exit 1; }
	$(PYTHON) -m venv --without-pip --clear $(SPARK_VENV)
	$(PYTHON) -m pip --python $(SPARK_VENV)/bin/python install --quiet --disable-pip-version-check \
		--require-hashes --requirement scale_out/requirements.lock
	@touch $@

scale-out: setup $(SPARK_VENV)/.ready ## build the demo's facts on Spark too and compare them (docs/scale-out.md)
	@test -f $(WAREHOUSE) || $(MAKE) demo-warehouse
	$(BIN)/python -m scale_out --warehouse $(WAREHOUSE) --received $(RECEIVED)

# A few hundred persons and the marts alone: what CI runs. Java compiles less for so small a run.
scale-out-small: export JDK_JAVA_OPTIONS = -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC
scale-out-small: setup $(SPARK_VENV)/.ready ## the same with 300 persons of its own
	@rm -rf $(SMALL) && mkdir -p $(SMALL)
	@$(BIN)/introstat synth --out $(SMALL)/extracts --persons 300 --seed 2017 --shapes mixed
	@$(BIN)/python -c 'import secrets; print(secrets.token_hex(64))' > $(SMALL)/key
	@$(BIN)/introstat receive $(SMALL)/extracts --received $(SMALL)/introstat.received --key-file $(SMALL)/key
	INTROSTAT_WAREHOUSE=$(SMALL)/introstat.duckdb $(BIN)/dbt --quiet build --selector marts \
		--exclude-resource-type test --exclude-resource-type unit_test --target-path $(SMALL)/target
	$(BIN)/python -m scale_out --selector marts --warehouse $(SMALL)/introstat.duckdb \
		--received $(SMALL)/introstat.received

docs: setup ## write the documentation of every table to target/ (needs a built warehouse)
	$(BIN)/dbt docs generate --target reader

# A version's heading in CHANGELOG.md, until the next one.
release-notes: ## print what is new in a version (VERSION=0.1.0; without it the newest)
	@awk -v wanted="$(VERSION)" '/^## /{ on = !found && (wanted == "" || $$2 == wanted); found = found || on } \
		on { print } END { if (!found) { print "CHANGELOG.md has no version " wanted > "/dev/stderr"; exit 1 } }' CHANGELOG.md

lock: ## resolve both lock files anew (needs uv)
	uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url --no-header \
		--no-strip-extras --universal --python-version 3.11 --output-file requirements.lock
	uv pip compile scale_out/requirements.in --generate-hashes --no-emit-index-url --no-header \
		--no-strip-extras --universal --python-version 3.11 --output-file scale_out/requirements.lock

clean: ## remove the set-up, what dbt wrote, and the demo; nothing that is not the demo's
	rm -rf $(VENV) $(SPARK_VENV) $(SMALL) tests/browser/node_modules target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	if test -f $(DEMO_KEY); then rm -rf $(DEMO) $(WAREHOUSE) $(RECEIVED) $(DEMO_KEY) $(DEMO_POLICY) \
		$(DEMO_RELEASE) $(DEMO_SITE) $(PAGES) $(WAREHOUSE:.duckdb=.restricted) $(WAREHOUSE:.duckdb=.protected); fi
