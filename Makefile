# Everything runs in .venv, made with python3 and the exact versions of constraints.txt.
PYTHON ?= python3
PORT ?= 5000
DEMO_PORT ?= 8000
KILLS ?= 200
BIN := $(CURDIR)/.venv/bin

# dvc.yaml calls `python`: it has to be the one of .venv.
export PATH := $(BIN):$(PATH)
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help results report test test-slow docs drills ui demo audit clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

results: .venv/installed-sr ## run what is out of date, then print where the report is
	$(BIN)/dvc repro
	@echo $(CURDIR)/report/index.html

report: .venv/installed-sr ## write the report anew from what is there
	$(BIN)/python -m stages.report
	@echo $(CURDIR)/report/index.html

test: .venv/installed-sr,dev ## lint, format, types, layers, quick tests
	@echo "== ruff check";  ruff check
	@echo "== ruff format"; ruff format --check
	@echo "== mypy";        mypy
	@echo "== layers";      lint-imports
	@echo "== pytest";      OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile

test-slow: .venv/installed-sr,dev ## the tests that take long
	$(BIN)/pytest -m slow -rs

docs: .venv/installed-sr,docs ## build the documentation, then print where it is
	$(BIN)/python -m mkdocs build --quiet --strict
	@echo $(CURDIR)/.site/index.html
	@echo "its search needs a server: $(BIN)/python -m http.server --directory .site"

ui: .venv/installed-sr ## MLflow's pages on this machine only: make ui PORT=5000
	@store=$$(python -c 'from s2f_core.tracking.client import store_uri; print(store_uri())') && \
	case $$store in \
	http*) echo "MLflow's pages are on the server of MLFLOW_TRACKING_URI" ;; \
	*) MLFLOW_BACKEND_STORE_URI=$$store mlflow ui --workers 1 --host 127.0.0.1 --port $(PORT) ;; \
	esac

demo: .venv/installed-sr ## serve a page to draw on; the models translate it live: make demo DEMO_PORT=8000
	$(BIN)/python -m stages.demo --port $(DEMO_PORT)

audit: .venv/installed-sr ## ask PyPI for known faults of the pinned packages
	test -x .venv/audit/bin/pip-audit || \
	    { $(BIN)/python -m venv .venv/audit && .venv/audit/bin/pip install --quiet pip-audit; }
	.venv/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

drills: .venv/installed-sr,dev ## kill stages in a small clone, then put load on the demo: make drills KILLS=1000
	mkdir -p .s2f && folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python tests/helpers/kill_drill.py "$$folder/s2f" --times $(KILLS) --seed 1 --out .s2f/kill_drill.json
	$(BIN)/python tests/helpers/demo_load_drill.py --seconds 120 --out .s2f/demo_load_drill.json

clean: ## remove results and resume states; metrics/ is in git, what was fetched or cached stays
	rm -rf report .s2f
	find data -mindepth 1 ! -path 'data/lists*' ! -path 'data/survey*' ! -name .gitkeep -delete

# The stamp's ending names the extras. rembg compiles its kernels on its first import, close to
# a minute: done here, once, so that no stage pays it.
.venv/installed-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[$*]'
	$(BIN)/python -c 'import rembg'
	@touch '$@'
