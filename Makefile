# Short names for the commands in README.md. Go needs none of this.
.PHONY: run test bench pictures ci

run: ## Start the server with the demonstration programme.
	go run ./cmd/aidledger serve --demo

test: ## Run all tests.
	go test ./...

bench: ## Run all benchmarks and no tests.
	go test -run='^$$' -bench=. -benchmem ./...

pictures: ## Take a picture of every main page, in both languages, light and dark, on a desk and on a phone.
	AIDLEDGER_TEST_PICTURES=$(CURDIR)/pictures go test ./cmd/internal/pages -run 'Stories/pictures' -count=1 -timeout 15m

ci: ## Run everything that must pass before a merge.
	.ci/run
