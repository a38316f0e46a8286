# Everything runs in .venv, which .ci/setup makes and repairs: make PYTHON=python3.12 chooses its Python.
PORT ?= 5000
DEMO_PORT ?= 8000
KILLS ?= 200

# dvc.yaml calls `python`: it has to be the one of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export HOME := $(or $(HOME),$(CURDIR)/.s2f/home)
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help results report test test-slow docs drills ui demo audit clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

results: setup-sr ## run what is out of date, then print where the report is
	python -m dvc repro
	@echo "$$PWD"/report/index.html

report: setup-sr ## write the report anew from what is there
	python -m stages.report
	@echo "$$PWD"/report/index.html

test: setup-sr,dev ## lint, format, types, layers, quick tests
	@echo "== ruff check";  ruff check
	@echo "== ruff format"; ruff format --check
	@echo "== mypy";        mypy
	@echo "== layers";      lint-imports
	@echo "== pytest";      OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile

test-slow: setup-sr,dev ## the tests that take long
	pytest -m slow -rs

docs: setup-sr,docs ## build the documentation, then print where it is
	python -m mkdocs build --quiet --strict
	@echo "$$PWD"/.site/index.html
	@echo "its search needs a server: python -m http.server --directory .site"

ui: setup-sr ## MLflow's pages on this machine only: make ui PORT=5000
	@store=$$(python -c 'from s2f_core.tracking.client import store_uri; print(store_uri())') && \
	case $$store in \
	http*) echo "MLflow's pages are on the server of MLFLOW_TRACKING_URI" ;; \
	*) MLFLOW_BACKEND_STORE_URI=$$store mlflow ui --workers 1 --host 127.0.0.1 --port $(PORT) ;; \
	esac

demo: setup-sr ## serve a page to draw on; the models translate it live: make demo DEMO_PORT=8000
	python -m stages.demo --port $(DEMO_PORT)

audit: setup-sr ## ask PyPI for known faults of the pinned packages
	test -x .venv/audit/bin/pip-audit || \
	    { python -m venv .venv/audit && .venv/audit/bin/pip install --quiet pip-audit; }
	.venv/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

drills: setup-sr,dev ## kill stages in a small clone, then put load on the demo: make drills KILLS=1000
	mkdir -p .s2f && folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	python tests/helpers/kill_drill.py "$$folder/s2f" --times $(KILLS) --seed 1 --out .s2f/kill_drill.json
	python tests/helpers/demo_load_drill.py --seconds 120 --out .s2f/demo_load_drill.json

clean: ## remove results and resume states; metrics/ is in git, what was fetched or cached stays
	rm -rf report .s2f
	find data -mindepth 1 ! -path 'data/lists*' ! -path 'data/survey*' ! -name .gitkeep -delete

setup-%:
	@.ci/setup '$*'
