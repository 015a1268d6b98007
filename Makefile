# Two commands: `make up` and `make test`. `make` alone lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHIP ?= mini
export CHIP ON  # as shell variables they keep their spaces and quotes

.DEFAULT_GOAL := help
.PHONY: help up test lint coverage generate bench campaign sanitize clean qemu chromium compiler
.DELETE_ON_ERROR:

help: ## say what can be made (this list)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '%-16s %s\n' "$$name" "$$what"; done

up: $(VENV)/has-cli ## bring up a simulated chip; make up CHIP=sifive_u ON=qemu:sifive_u brings up QEMU's
	@printf 'Bringing up %s%s\n' "$$CHIP" "$${ON:+ on $$ON}"
	@$(BIN)/firstlight up "$$CHIP" $${ON:+--on "$$ON"}

HAS_BROWSER := { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

# A process of tests on each processor, with whole files in their order: by default the longest would come last.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What no test may be skipped for want of: a browser, where there is one by now.
REQUIRED := qemu engine fleet$$($(HAS_BROWSER) && echo " chromium")

test: $(VENV)/has-engine qemu chromium lint ## install what the tests need, lint, and run every test
	@echo "Tests"
	@FIRSTLIGHT_REQUIRE="$(REQUIRED)" $(BIN)/python -m pytest $(SIDE_BY_SIDE)

lint: $(VENV)/has-dev ## ruff, mypy and pyright, all strict
	@echo "Lint: ruff"
	@$(BIN)/ruff check --quiet --ignore-noqa .
	@echo "Types: mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "Types: pyright"
	@$(BIN)/pyright --pythonpath $(BIN)/python

coverage: $(VENV)/has-dev ## say which lines no test runs; make coverage ARGS=tests/blocks runs these tests only
	@echo "Tests, and which lines they run"
	@$(BIN)/python -m coverage run -m pytest -q $(ARGS)
	@$(BIN)/python -m coverage report --skip-covered --show-missing

generate: $(VENV)/has-dev ## write register images and regs.py anew from the .rdl files
	@echo "Compiling register descriptions"
	@$(BIN)/python -m registers.build

bench: $(VENV)/has-engine ## measure, side by side with the alternatives; make bench ARGS=--small is quick
	@set -e; for file in bench/bench_*.py; do \
		name=$$(basename "$$file" .py); echo "Measuring: $$name"; $(BIN)/python -m "bench.$$name" $(ARGS); done

# The quick ones first, each in shards by a pool of processes, one a processor.
campaign: $(VENV)/has-engine ## faults of every kind: mini, in service too; then atlas, for some 40 minutes on 2 processors
	@mkdir -p build
	@$(BIN)/firstlight faults mini --points double
	@$(BIN)/firstlight faults mini --faults all --points nth --shards 4
	@$(BIN)/firstlight faults atlas --shards 2
	@$(BIN)/firstlight faults mini --workload recovery --budget 60 --shards 2
	@for what in in-service recovery stop; do \
		$(BIN)/firstlight faults mini --workload $$what --faults all --points nth --budget 120 --shards 2 || exit 1; done
	@$(BIN)/firstlight faults atlas --faults all --points seeded:200x3 --shards 8
	@$(BIN)/firstlight faults atlas --points double --results build/campaign.double.sqlite
	@$(BIN)/firstlight faults atlas --faults all --points nth --results build/campaign.nth.sqlite

# Only transports/ is built anew; PYTHONPATH puts it before the checkout's own. Python frees at exit only: no leaks.
sanitize: $(VENV)/has-dev compiler ## run the engine's tests under AddressSanitizer and UBSan; EXAMPLES=N hostile programs
	@echo "Building the engine with sanitizers into build/sanitize"
	@rm -rf build/sanitize && mkdir -p build/sanitize && cp -r transports build/sanitize && \
		rm -f build/sanitize/transports/_engine*.so
	@FIRSTLIGHT_WHEEL=abi3 FIRSTLIGHT_SANITIZE=1 $(BIN)/python setup.py -q build_ext \
		--force --build-temp build/sanitize/objects --build-lib build/sanitize
	@echo "Tests of the engine, sanitized"
	@LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=build/sanitize FIRSTLIGHT_ENGINE=c FIRSTLIGHT_REQUIRE=engine \
		FIRSTLIGHT_EXAMPLES=$(or $(EXAMPLES),3000) $(BIN)/pytest -q -p no:cacheprovider $(SANITIZED)

SANITIZED := tests/transports/test_engine.py tests/transports/test_engine_native.py \
	tests/transports/test_engine_alone.py tests/transports/test_engine_hostile.py tests/transports/test_memory.py

clean: ## remove what builds and tools left behind; .venv stays
	@echo "Removing builds and caches"
	@rm -rf build dist ./*.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@rm -f transports/_engine*.so $(VENV)/has-engine
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- what the commands stand on -------------------------------------------------------------------------------

# $(call install,DEBIAN PACKAGE,WHAT IT DOES FOR US): as root through apt-get, else say what to do.
install = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing $(1), which $(2)"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends $(1) >/dev/null; \
	else \
		echo "$(1) is missing, which $(2). Debian: apt-get install $(1); then run make again." >&2; \
		exit 1; \
	fi

# $(call pip,EXTRAS,WHAT FOR): the checkout itself, editable, and what the extras name. Without a compiler that succeeds, in
# silence; so which engine came of it is said.
pip = echo "Installing into $(VENV): $(2)"; $(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$(1)]' && \
	FIRSTLIGHT_ENGINE= $(BIN)/python -c 'from transports.native import *; print(f"Engine: {ENGINE}: {ENGINE_REASON}")'

# Stamps lie inside $(VENV), so that they go when it goes; all paths are relative, so that the folder may have any name.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Firstlight needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(call install,python3-venv,makes $(VENV)); }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/has-cli: $(VENV)/made pyproject.toml
	@$(call pip,cli,what bring-up needs)
	@touch $@

$(VENV)/has-dev: $(VENV)/made pyproject.toml
	@$(call pip,rdl$(,)cli$(,)fleet$(,)dev,what lint and tests need)
	@touch $(VENV)/has-cli $@

# The tests want the engine in C, and hold it against the one in Python. (Without a compiler `make up` does without.)
$(VENV)/has-engine: $(VENV)/has-dev setup.py $(wildcard transports/_*.[ch]) | compiler
	@echo "Building the engine in C"
	@FIRSTLIGHT_WHEEL=abi3 $(BIN)/python setup.py -q build_ext --force --inplace
	@touch $@

compiler: $(VENV)/made
	@command -v $${CC:-cc} >/dev/null || { $(call install,gcc libc6-dev,compiles the engine); }
	@$(BIN)/python -c 'import sys, sysconfig, pathlib; \
		sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())' || \
		{ $(call install,python3-dev,has the headers that the engine is compiled with); }

# Debian 13 moved the RISC-V machines out of the first package into the second.
qemu:
	@command -v qemu-system-riscv64 >/dev/null || { $(call install,qemu-system-misc,has the board that tests bring up); }
	@command -v qemu-system-riscv64 >/dev/null || { $(call install,qemu-system-riscv,has the board that tests bring up); }

# Half a minute and 110 MB. Debian has it, so there it is needed; only where apt has none (Ubuntu) its tests are skipped.
chromium:
	@$(HAS_BROWSER) || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get -qq update; fi; \
		if apt-cache show chromium >/dev/null 2>&1; then \
			$(call install,chromium fonts-dejavu-core,opens the pages that tests look at); \
		else \
			echo "NO CHROMIUM, AND NONE CAN BE HAD: the tests of pages in a browser are skipped" >&2; \
		fi; }

, := ,
