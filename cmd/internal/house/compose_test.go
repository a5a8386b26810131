package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aidledger/eventstore"
	"aidledger/projections/roles"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
)

// composeSecrets are the variables that docker-compose.yml asks for and has no default for.
var composeSecrets = map[string]string{
	"NATS_PASSWORD":      "9f86d081884c7d659a2f",
	"POSTGRES_PASSWORD":  "60303ae22b998861bce3",
	"PROJECTOR_PASSWORD": "4e07408562bedb8b60ce",
	"API_PASSWORD":       "4b227777d4dd1fc61c6f",
	"VAULT_PASSWORD":     "ef2d127de37b942baad0",
	"BI_PASSWORD":        "e7f6c011776e8db7cd33",
	"AIDLEDGER_TOKEN":    "b28fd7b8f5c3a1c5e6a2",
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(moduleRoot(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// composeFile returns docker-compose.yml without comments, as compose would see it with these variables.
func composeFile(t *testing.T, variables map[string]string) string {
	t.Helper()
	text, err := interpolate(withoutComments(readFile(t, "docker-compose.yml")), variables)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func withoutComments(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// interpolate replaces $$, ${NAME:?message} and ${NAME:-default}, where a default may hold variables, too. These are
// the only forms that the file uses; others are an error.
func interpolate(text string, variables map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		switch {
		case !found:
			return out.String(), nil
		case strings.HasPrefix(rest, "$"):
			out.WriteString("$")
			text = rest[1:]
			continue
		case !strings.HasPrefix(rest, "{"):
			return "", fmt.Errorf("$ without { or $ before %.20q", rest)
		}
		end, err := closingBrace(rest)
		if err != nil {
			return "", err
		}
		name, alternative, _ := strings.Cut(rest[1:end], ":")
		text = rest[end+1:]
		switch {
		case variables[name] != "":
			out.WriteString(variables[name])
		case strings.HasPrefix(alternative, "-"):
			value, err := interpolate(alternative[1:], variables)
			if err != nil {
				return "", err
			}
			out.WriteString(value)
		default:
			return "", fmt.Errorf("required variable %s is missing", name)
		}
	}
}

// closingBrace returns the index of the brace that closes the one at the start.
func closingBrace(text string) (int, error) {
	depth := 0
	for i, r := range text {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no } for %.20q", text)
}

func TestInterpolateFollowsCompose(t *testing.T) {
	variables := map[string]string{"A": "1", "B": "$x"}
	for text, want := range map[string]string{
		"plain":              "plain",
		"$$JS.${A:?make it}": "$JS.1",
		"${B:?}":             "$x",
		"${C:-8080}:${A:?}":  "8080:1",
		"${C:-${A:?}}/":      "1/",
	} {
		if got, err := interpolate(text, variables); err != nil || got != want {
			t.Errorf("interpolate(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"${C:?make it}", "${C:-${D:?}}", "$A", "${A"} {
		if got, err := interpolate(text, variables); err == nil {
			t.Errorf("interpolate(%q) = %q, want an error", text, got)
		}
	}
}

func TestComposeHasNoDefaultForSecrets(t *testing.T) {
	text := withoutComments(readFile(t, "docker-compose.yml"))
	for secret := range composeSecrets {
		others := maps.Clone(composeSecrets)
		delete(others, secret)
		_, err := interpolate(text, others)
		if err == nil || !strings.Contains(err.Error(), secret) {
			t.Errorf("without %s: %v, want an error that names it", secret, err)
		}
	}
	for _, name := range regexp.MustCompile(`\$\{(\w*(?:PASSWORD|TOKEN|SECRET|KEY)\w*)`).FindAllStringSubmatch(text, -1) {
		if _, ok := composeSecrets[name[1]]; !ok && name[1] != "NATS_ROUTE_PASSWORD" {
			t.Errorf("%s looks like a secret, but this test does not know that it must be given", name[1])
		}
	}
}

var serverVariable = regexp.MustCompile(`^AIDLEDGER_[A-Z_]+$`)

func TestComposeSetsOnlyWhatTheServerReads(t *testing.T) {
	contents := readModule(t)
	reads := map[string]bool{}
	m, _ := newModule(contents)
	for _, f := range m.files {
		if !f.inside("cmd") || f.inside("cmd/internal/house") || f.test {
			continue
		}
		for _, value := range stringLiterals(f) {
			if serverVariable.MatchString(value) {
				reads[value] = true
			}
		}
	}
	if len(reads) == 0 {
		t.Fatal("no string in cmd is the name of a variable such as AIDLEDGER_LISTEN, so nothing can be compared")
	}
	sets := regexp.MustCompile(`(?m)^\s+(AIDLEDGER_[A-Z_]+):`).FindAllStringSubmatch(
		withoutComments(contents["docker-compose.yml"]), -1)
	if len(sets) == 0 {
		t.Error("docker-compose.yml sets no variable of the server, so this test looks at the wrong lines")
	}
	for _, variable := range sets {
		if !reads[variable[1]] {
			t.Errorf("docker-compose.yml sets %s, but the server does not read it. It reads %q.",
				variable[1], slices.Sorted(maps.Keys(reads)))
		}
	}
}

func TestComposeGivesAPostgresURLThatPgxUnderstands(t *testing.T) {
	for variable, user := range map[string][2]string{
		"SETUP_POSTGRES_URL": {"aidledger", "POSTGRES_PASSWORD"}, "POSTGRES_URL": {roles.Projector, "PROJECTOR_PASSWORD"}, "PEOPLE_URL": {roles.API, "API_PASSWORD"},
		"VAULT_URL": {roles.Vault, "VAULT_PASSWORD"},
	} {
		urls := regexp.MustCompile(`AIDLEDGER_`+variable+`: (\S+)`).FindAllStringSubmatch(composeFile(t, composeSecrets), -1)
		if len(urls) != 2 {
			t.Fatalf("found %d connection strings %s, want one for each server", len(urls), variable)
		}
		for i, host := range []string{"postgres", "postgres-cluster"} {
			config, err := pgx.ParseConfig(urls[i][1])
			if err != nil {
				t.Fatal(err)
			}
			got := []string{config.Host, strconv.Itoa(int(config.Port)), config.User, config.Password, config.Database}
			want := []string{host, "5432", user[0], composeSecrets[user[1]], "aidledger"}
			if !slices.Equal(got, want) {
				t.Errorf("%s means %q, want %q", urls[i][1], got, want)
			}
		}
	}
}

func TestTheImageIsBuiltWithTheGoOfTheModule(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readFile(t, "go.mod"))
	image := regexp.MustCompile(`(?m)^FROM golang:(\d+\.\d+)`).FindStringSubmatch(readFile(t, "Dockerfile"))
	if version == nil || image == nil || version[1] != image[1] {
		t.Errorf("go.mod says %q, Dockerfile %q", version, image)
	}
}

// natsOptions writes the NATS configurations of the compose file to a directory and lets the server's own parser read
// one of them. The edit changes the text before; it may be nil.
func natsOptions(t *testing.T, compose, name string, edit func(string) string) (*server.Options, error) {
	t.Helper()
	dir := t.TempDir()
	for _, other := range []string{"nats.conf", "cluster.conf"} {
		content := inlineConfig(t, compose, other)
		if edit != nil {
			content = edit(content)
		}
		if err := os.WriteFile(filepath.Join(dir, other), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return server.ProcessConfigFile(filepath.Join(dir, name))
}

// inlineConfig returns the text below "  name:" and "    content: |".
func inlineConfig(t *testing.T, compose, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(compose, "\n  "+name+":\n    content: |\n")
	if !found {
		t.Fatalf("docker-compose.yml has no inline configuration %s", name)
	}
	var content strings.Builder
	for line := range strings.Lines(rest) {
		inner, ok := strings.CutPrefix(line, "      ")
		if !ok && strings.TrimSpace(line) != "" {
			break
		}
		content.WriteString(inner)
	}
	return content.String()
}

func TestNATSAcceptsItsConfigurationWithAnyPassword(t *testing.T) {
	for _, password := range []string{"0123456789", "1e5", "true", "9f86d081884c7d659a2f", "$HOME", `a"b\c#d}`} {
		secrets := maps.Clone(composeSecrets)
		secrets["NATS_PASSWORD"] = password
		secrets["NATS_ROUTE_PASSWORD"] = "42"
		compose := composeFile(t, secrets)
		for _, name := range []string{"nats.conf", "cluster.conf"} {
			options, err := natsOptions(t, compose, name, nil)
			if err != nil {
				t.Errorf("%s with the password %s: %v", name, password, err)
				continue
			}
			if len(options.Users) != 1 || options.Users[0].Username != "aidledger" || options.Users[0].Password != password {
				t.Errorf("%s does not let in aidledger with the password %s and nobody else", name, password)
			}
			if !options.JetStream || !options.SyncAlways || options.StoreDir != "/data" {
				t.Errorf("%s: JetStream %t, sync always %t, in %q; want both, in the volume",
					name, options.JetStream, options.SyncAlways, options.StoreDir)
			}
		}
	}
}

func TestNATSGivesTheServerTheLeastThatItNeeds(t *testing.T) {
	options, err := natsOptions(t, composeFile(t, composeSecrets), "nats.conf", nil)
	if err != nil {
		t.Fatal(err)
	}
	publish, subscribe := eventstore.Permissions(eventstore.DefaultStream, "")
	given := options.Users[0].Permissions
	if given == nil || given.Publish == nil || given.Subscribe == nil || !slices.Equal(given.Publish.Allow, publish) || !slices.Equal(given.Subscribe.Allow, subscribe) {
		t.Errorf("docker-compose.yml gives %+v; write what aidledger setup nats prints", given)
	}
}

func TestNATSRefusesAPasswordOfDigitsWithoutQuotes(t *testing.T) {
	secrets := maps.Clone(composeSecrets)
	secrets["NATS_PASSWORD"] = "0123456789"
	_, err := natsOptions(t, composeFile(t, secrets), "nats.conf", func(content string) string {
		return strings.ReplaceAll(content, "'0123456789'", "0123456789")
	})
	if err == nil {
		t.Error("NATS accepts it now. Then the quotes in docker-compose.yml are no longer needed, nor their comment.")
	}
}

func TestNATSNodesKnowAndTrustEachOther(t *testing.T) {
	compose := composeFile(t, composeSecrets)
	options, err := natsOptions(t, compose, "cluster.conf", nil)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, route := range options.Routes {
		password, _ := route.User.Password()
		if route.User.Username() != options.Cluster.Username || password != options.Cluster.Password || password == "" {
			t.Errorf("the route to %s does not use the cluster's user and password", route.Host)
		}
		hosts = append(hosts, route.Hostname())
	}
	names := regexp.MustCompile(`cluster\.conf, --name, ([\w-]+)\]`).FindAllStringSubmatch(compose, -1)
	var nodes []string
	for _, name := range names {
		nodes = append(nodes, name[1])
	}
	if len(nodes) != 3 || !slices.Equal(nodes, hosts) {
		t.Errorf("the nodes are %q and the routes lead to %q, want the same three", nodes, hosts)
	}
	if replicas := regexp.MustCompile(`AIDLEDGER_REPLICAS: "3"`).FindAllString(compose, -1); len(replicas) != 1 {
		t.Errorf("%d servers ask for three replicas, want the one of the cluster", len(replicas))
	}
}

// stringLiterals returns the values of all strings in a file.
func stringLiterals(f *goFile) []string {
	var values []string
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		literal, ok := node.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		if value, err := strconv.Unquote(literal.Value); err == nil {
			values = append(values, value)
		}
		return true
	})
	return values
}
