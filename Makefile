# make demo: sets up and shows the main job.   make test: sets up and passes the tests.
PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A process for each core that there is; one that is done takes from the others.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal
# The processes are as many as the cores: none of them needs more than one thread.
ONE_EACH := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Tests start the package in hundreds of processes: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint unit test-slow test-browser test-ray test-vllm lint-js test-js bench clean

demo: .venv/local
	$(BIN)/sheetjudge demo

test: lint unit

lint: .venv/dev
	$(BIN)/ruff check sheetjudge tests
	$(BIN)/ruff format --check sheetjudge tests
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/dev
	$(ONE_EACH) $(BIN)/python -m pytest $(PARALLEL) -m "not slow and not ray and not vllm and not browser"

# What takes minutes: many kills, many rows, many seeds, the wheel in an environment of its own.
test-slow: .venv/dev
	$(ONE_EACH) $(BIN)/python -m pytest $(PARALLEL) -m "slow and not ray and not vllm and not browser"

# A real cluster of several nodes on this machine.
test-ray: .venv/ray
	$(BIN)/python -m pytest -m ray

# The sidebar and the playground, in the Chromium of the system.
test-browser: .venv/browser
	$(BIN)/python -m pytest $(PARALLEL) -m browser tests/browser

# vLLM itself, on the CPU, in process and as a server. It needs some 4 GB of disk in an environment of its own. Engines
# take their time to start: each file of tests has its own, and two files run beside each other.
test-vllm: .venv-vllm/ready
	OMP_NUM_THREADS=1 .venv-vllm/bin/python -m pytest -n 2 --dist loadfile -m vllm tests/vllm

# The sidebar, with node 20 or later: its types, its style, its unit tests.
lint-js: .ci/node_modules/ready
	node .ci/page_scripts.mjs appscript/view .ci/node_modules/.page
	.ci/node_modules/.bin/tsc -p appscript
	.ci/node_modules/.bin/tsc -p .ci/tsconfig.page.json
	cd .ci && node_modules/.bin/biome check --error-on-warnings ../appscript ../tests/appscript page_scripts.mjs

test-js:
	node --test tests/appscript/

# The long trials and the throughput figures, with their full counts.
bench: .venv/dev
	for script in tests/bench/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

.venv/pip: .ci/constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed; another Python from 3.11 on can be named: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --constraint .ci/constraints.txt --upgrade pip
	touch $@

# What llama.cpp has to read pictures isn't built: it takes as long again.
.venv/local: .venv/pip pyproject.toml
	@command -v c++ >/dev/null || { echo "A C++ compiler is needed to build llama-cpp-python: apt install g++ (Debian, Ubuntu), xcode-select --install (Mac)."; exit 1; }
	@echo "Installing. llama-cpp-python is built from source: five to ten minutes on two cores, once."
	CMAKE_ARGS="$${CMAKE_ARGS:--DLLAVA_BUILD=OFF}" $(PIP) install --quiet --constraint .ci/constraints.txt --editable '.[local,serve]'
	touch $@

.venv/dev: .venv/local
	$(PIP) install --quiet --constraint .ci/constraints.txt --editable '.[local,dev]'
	touch $@

.venv/browser: .venv/dev
	@command -v $${CHROMIUM:-chromium} >/dev/null || { echo "Chromium is needed: apt install chromium (Debian), or CHROMIUM=/path/to/chrome."; exit 1; }
	$(PIP) install --quiet --constraint .ci/constraints.txt --editable '.[local,dev,browser]'
	touch $@

.venv/ray: .venv/dev
	$(PIP) install --quiet --constraint .ci/constraints.txt --editable '.[local,dev,ray]'
	touch $@

.venv-vllm/ready: .ci/requirements-vllm.txt pyproject.toml
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --requirement .ci/requirements-vllm.txt
	.venv-vllm/bin/python -m pip --disable-pip-version-check install --quiet --editable . --no-deps
	touch $@

.ci/node_modules/ready: .ci/package.json .ci/package-lock.json
	npm ci --prefix .ci --no-audit --no-fund
	touch $@

clean:
	rm -rf .venv .venv-vllm .ci/node_modules build dist .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
