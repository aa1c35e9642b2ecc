# Everyday commands; `make` alone lists them.

.PHONY: help demo graphiql graphiql-if-possible test lint schema check-schema

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# The dev profile on purpose: the tests build the same, in less than half of the time of a release,
# and the dependencies that matter are optimised in it too.
demo: graphiql-if-possible ## Run it with demonstration data; options: make demo ARGS="--port 8081"
	cargo run --locked -- demo $(ARGS)

graphiql: web/dist/index.html ## Make GraphiQL's files from npm (Node.js 20.19 or newer); the next build has them in it

web/dist/index.html: web/package.json web/package-lock.json web/vite.config.js web/index.html $(shell find web/src -type f)
	cd web && npm ci --no-audit --no-fund && npm run build

# The service is complete without its page, which says then how to make it.
graphiql-if-possible:
	@if ! command -v npm >/dev/null; then echo "npm is not installed: there will be no GraphiQL"; \
	elif ! $(MAKE) --no-print-directory graphiql; then echo "GraphiQL could not be made: go on without it"; fi

test: ## Run all tests; TEST_POSTGRES_URL=postgres://... runs them on PostgreSQL too
	@test -n "$$TEST_POSTGRES_URL" || echo "TEST_POSTGRES_URL is not set: tests on PostgreSQL are skipped"
	cargo test --workspace --locked

lint: ## Check the format and run clippy, warnings being errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

schema: ## Write schema.graphql anew
	@mkdir -p target
	cargo run --locked --quiet -- schema > target/schema.graphql
	cp target/schema.graphql schema.graphql

check-schema: ## Fail, with the difference, if schema.graphql is not the program's schema
	@mkdir -p target
	cargo run --locked --quiet -- schema > target/schema.graphql
	@diff -u schema.graphql target/schema.graphql \
		|| { echo "schema.graphql is not the program's schema: run make schema" >&2; exit 1; }
