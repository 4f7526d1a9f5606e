# Two commands set everything up on a fresh machine: `make run` and `make test`.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# torch is pinned exactly (pyproject.toml): a looser pin pulls gigabytes of CUDA packages.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What Qt's xcb platform needs besides its own wheel, by Debian's names (Qt itself blames xcb-cursor for all of them).
QT_PACKAGES := libegl1 libgl1 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 \
	libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts unit bench screenshots pictures messages clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed-run ## Set up, then open the studio (where there is no display: show a comparison in the terminal)
	@if $(BIN)/python -m studio.gui.display; then $(BIN)/studio; else $(BIN)/studio demo --out demo.json; fi

test: $(VENV)/.installed-test lint types contracts unit ## Set up, then lint, types, import contracts and tests

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

contracts: $(VENV)/.installed-test
	$(BIN)/lint-imports

unit: $(VENV)/.installed-test
	QT_QPA_PLATFORM=offscreen HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

bench: $(VENV)/.installed-bench ## Set up the peers, then print speed and memory as ratios measured side by side
	$(BIN)/python -m tests.bench

screenshots: $(VENV)/.installed-run ## Pictures of every screen, light and dark, in each language, into screenshots/
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m studio.gui.screenshots screenshots

pictures: screenshots ## Pictures of the documents (docs/images), picked from the screenshots and made small
	$(BIN)/python -m studio.gui.screenshots_docs screenshots docs/images

messages: $(VENV)/.installed-test ## Bring the translations (resources/locale/*.po) up to date with the code
	$(BIN)/python -m tests.messages

clean: ## Remove what the commands above made
	rm -rf $(VENV) screenshots .ci-venv .mypy_cache .pytest_cache .ruff_cache demo.json

# On Debian and its kin the missing packages are installed where that needs no password; elsewhere they are named.
$(VENV)/.system: $(BIN)/python
	@if command -v dpkg-query >/dev/null; then \
		missing=$$(for p in $(QT_PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
		if [ -n "$$missing" ]; then \
			if [ "$$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else as="none"; fi; \
			if [ "$$as" = none ]; then echo "The window needs system libraries: sudo apt-get install" $$missing; \
			else echo "Installing system libraries for the window:" $$missing; \
				($$as apt-get update -q && $$as apt-get install -y -q --no-install-recommends $$missing) >/dev/null 2>&1 \
				|| echo "That failed. By hand: sudo apt-get install" $$missing; fi; \
		fi; \
	fi
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make run PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { \
		echo "On Debian and Ubuntu: sudo apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed-run: pyproject.toml $(BIN)/python $(VENV)/.system
	$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(BIN)/python $(VENV)/.system
	$(INSTALL) -e '.[test]'
	@touch $@ $(VENV)/.installed-run

$(VENV)/.installed-bench: pyproject.toml $(BIN)/python
	$(INSTALL) -e '.[test]'
	-$(INSTALL) 'ctranslate2>=4.5' || echo "CTranslate2 could not be installed; it is left out of the table."
	-$(INSTALL) 'gguf>=0.17' 'llama-cpp-python>=0.3' || echo "llama-cpp-python could not be installed; it is left out of the table."
	@touch $@
