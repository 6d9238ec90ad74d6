# `make` prints what there is. Everything runs in .venv, which the first target that needs it sets up.
.DEFAULT_GOAL := help
.PHONY: ask serve test check eval bench reader clean help browser

BIN := .venv/bin
# Written by a set-up that went well, with the folder it was made for: a venv cannot be moved.
READY := .venv/gisa-ready
UNFINISHED := .venv/gisa-unfinished
ifneq "$(shell cat $(READY) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(READY)
endif

# The question goes through the environment, never through the text of a command, so quotes and $ in it are only text.
unexport Q
export QUESTION := $(value Q)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

ifeq "$(strip $(QUESTION))" ""
ask: ## Answer one question: make ask Q="How many GPUs is Korea securing?"
	@echo 'Ask like this:  make ask Q="How many GPUs is Korea securing?"' >&2; exit 2
else
ask: $(READY)
	@$(BIN)/gisa ask -- "$$QUESTION"
endif

serve: $(READY) ## Serve the chat page and the REST API on this machine (ARGS="--port 8080")
	@$(BIN)/gisa serve $(ARGS)

test: check browser ## Run all checks and tests (ARGS="-k numerals" for some)
	@$(BIN)/python -m pytest $(ARGS)

# Debian's Chromium, for the tests of the chat page and the widget. Only root may install it; without it they are skipped.
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq
browser:
	@command -v chromium >/dev/null || [ -n "$$GISA_TEST_CHROMIUM" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& $(APT) update && $(APT) install -y --no-install-recommends chromium >/dev/null; } \
		|| echo 'No Chromium here: tests in a browser will be skipped (on Debian: apt-get install chromium).' >&2

check: $(READY) ## Lint, formatting, types and import rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

EVALDATA := ../shared/evaldata
RETRIEVAL_SETS := $(patsubst %/queries.jsonl,--data %,$(wildcard $(EVALDATA)/*/queries.jsonl))
CLAIMS := $(wildcard $(EVALDATA)/klue_nli_news)
NOMIRACL := $(wildcard $(EVALDATA)/nomiracl_ko)
PASSAGES := $(wildcard $(EVALDATA)/korquad)

eval: $(READY) ## Score answers and the verifier, and what ../shared/evaldata has data for (LONG=1: whole)
	@$(BIN)/gisa eval run
	@$(BIN)/python -m eval.verifier
	@$(if $(CLAIMS),$(BIN)/python -m eval.claims $(CLAIMS))
	@$(if $(RETRIEVAL_SETS),$(BIN)/gisa eval retrieval $(RETRIEVAL_SETS))
	@$(if $(NOMIRACL),$(BIN)/python -m eval.nomiracl $(NOMIRACL) $(if $(LONG),,--questions 40))

# Training goes on where it was broken off; what is shipped is replaced at the end alone.
READER := $(or $(GISA_HOME),$(HOME)/.local/share/gisa)/eval/reader
reader: $(READY) ## Train the reader anew (under two hours on two cores), then fit what decides by its readings
	@$(BIN)/python -m eval.reader.train --out $(READER) $(ARGS)
	@cp $(READER)/reader.safetensors rag/data/reader.safetensors
	@cd rag/data && sha256sum reader.safetensors > reader.safetensors.sha256
	@$(BIN)/python -m eval.reader.fit
	@$(BIN)/python -m eval.reader.measure

bench: $(READY) ## Time starts, questions, ingest and REST, then gisa beside its peers (ARGS="--every 4"; LONG=1: whole)
	@$(BIN)/python -m eval.bench.startup
	@$(BIN)/python -m eval.bench.query
	@$(if $(PASSAGES),$(BIN)/python -m eval.bench.ingest --chunks $(if $(LONG),10000,60))
	@$(BIN)/python -m eval.bench.rest search --seconds $(if $(LONG),60,15)
	@$(BIN)/python -m eval.bench.rest queue
	@$(if $(LONG),$(BIN)/python -m eval.bench.rest evidence)
	@$(if $(LONG),$(BIN)/python -m eval.bench.rest leaving)
	@$(if $(LONG),$(BIN)/python -m eval.bench.rest memory)
	@$(BIN)/python -m eval.bench.peers $(or $(ARGS),$(if $(LONG),,--questions 10))
	@$(BIN)/python -m eval.bench.peers table
	@$(if $(and $(LONG),$(PASSAGES)),$(BIN)/python -m eval.bench.scale --chunks 100000)

clean: ## Remove .venv and what builds and checks leave behind (never your articles, index or models)
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find seeds index rag ui eval tests -name __pycache__ -type d -exec rm -rf {} +

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# A venv that is there is brought up to date in place. It is made anew only when it cannot be trusted: a set-up was cut off
# (pip does not mend a half-installed package), it was made for another folder, or its Python is gone.
$(READY): pyproject.toml constraints.txt
	@for python in $(or $(PYTHON),python3.11 python3) ''; do \
		if [ -n "$$python" ] && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'gisa needs Python 3.11 or newer: install it as python3.11, or name it: make PYTHON=/path/to/python ...' >&2; \
		exit 1; \
	elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make a venv: install its venv package (on Debian and Ubuntu python3-venv)." >&2; \
		exit 1; \
	fi; \
	if [ -e $(UNFINISHED) ] || [ "$$(cat $@ 2>/dev/null || pwd -P)" != "$$(pwd -P)" ] || ! $(BIN)/python -c '' 2>/dev/null; then \
		echo 'Setting up .venv, once: a few minutes, and 2.5 GB of disk ...' >&2; \
		rm -rf .venv; \
	else \
		echo 'Bringing .venv up to date with its pins: seconds, or minutes when much has changed ...' >&2; \
	fi; \
	mkdir -p .venv && touch $(UNFINISHED) && rm -f $@ && \
	{ [ -e $(BIN)/python ] || "$$python" -m venv .venv; } && \
	$(BIN)/python -m pip install -qq -c constraints.txt pip setuptools && \
	$(BIN)/python -m pip install -qq -c constraints.txt --no-build-isolation -e '.[dev]' && \
	pwd -P > $@ && rm $(UNFINISHED) || \
	{ echo 'The set-up did not finish; the reason is above (it needs the network). The same command starts it again.' >&2; exit 1; }
