# Short names for the commands in README.md. Go needs none of this.
.PHONY: run test bench ci

run: ## Start the server with the demonstration programme.
	go run ./cmd/aidledger serve --demo

test: ## Run all tests.
	go test ./...

bench: ## Run all benchmarks and no tests.
	go test -run='^$$' -bench=. -benchmem ./...

ci: ## Run everything that must pass before a merge.
	.ci/run
