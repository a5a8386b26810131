package web

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange"
	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

// describe returns the OpenAPI 3.1 document of the routes and the commands, made
// from the tables that also serve them.
func describe(routes []Route, strict bool) schema {
	s := &schemas{components: schema{}, types: map[string]reflect.Type{}, strict: strict}
	paths := schema{}
	for _, rt := range routes {
		o, ok := operations[rt.Method+" "+rt.Path]
		if !ok {
			continue // a page, or the one route of all commands
		}
		at, _ := paths[rt.Path].(schema)
		if at == nil {
			at = schema{}
			paths[rt.Path] = at
		}
		at[strings.ToLower(rt.Method)] = s.operation(rt, o)
	}
	for _, c := range domain.Commands() {
		s.components[commandSchema(c)] = fieldsSchema(c.Field)
		paths["/v1/ledgers/{ledger}/commands/"+c.Name] = schema{"post": s.command(c)}
	}
	problem := s.of(Problem{})
	var groups []schema
	for _, t := range tags {
		groups = append(groups, schema{"name": t[0], "description": t[1]})
	}
	return schema{
		"openapi": "3.1.0",
		"info": schema{"title": "aidledger", "version": "1",
			"summary":     "A ledger of aid commitments and disbursements.",
			"description": about,
			"contact":     schema{"name": "Whoever runs this server"},
			"license":     schema{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers":  []schema{{"url": "/", "description": "This server."}},
		"tags":     groups,
		"security": []schema{{"token": []string{}}, {"session": []string{}}},
		"paths":    paths,
		"components": schema{
			"schemas": s.components,
			"responses": schema{"Problem": schema{
				"description": "It was refused, or could not be done. The code is stable; texts follow Accept-Language (en, zh). x-codes has the status of each code that is no rule of the ledger; the codes of rules have 404, 409 or 422.",
				"x-codes":     statuses,
				"content":     schema{"application/problem+json": schema{"schema": problem, "example": exampleProblem}}}},
			"parameters": schema{"AcceptLanguage": languageHeader},
			"securitySchemes": schema{
				"token":   schema{"type": "http", "scheme": "bearer", "description": "The token of the owner, or one of a person."},
				"session": schema{"type": "apiKey", "in": "cookie", "name": cookieName, "description": "Of a person who signed in."},
			},
		},
	}
}

// about is what holds for every operation.
const about = "Amounts are decimal texts and never floating point. null says that nobody reported it, which is not zero. " +
	"Lists come in pages: next of one is after of the following one. Every error is a problem (RFC 9457) with a stable code. " +
	"A command needs an Idempotency-Key: the same key with the same command gets the first answer for ever, with another one 422. " +
	"x-capability is what the caller must be allowed to do."

func (s *schemas) operation(rt Route, o operation) schema {
	op := schema{"operationId": o.id, "tags": []string{o.tag}, "summary": rt.Doc, "description": needsText(rt.Needs), "x-capability": rt.Needs}
	if rt.Needs == access.Public {
		op["security"] = []schema{}
	}
	params := pathParams(rt.Path)
	for name := range strings.FieldsSeq(o.params) {
		i := slices.IndexFunc(parameters, func(p parameter) bool { return p.name == name })
		p := parameters[i]
		params = append(params, schema{"name": p.name, "in": "query", "description": p.doc, "schema": p.schema})
	}
	op["parameters"] = append(params, languageRef)
	media := "application/json"
	if o.lines {
		media = contentLines[0]
	}
	if o.notes {
		op["requestBody"] = schema{"content": schema{"text/plain": schema{"schema": textSchema}}}
	}
	if o.text {
		media = "text/plain"
	}
	if o.takes != nil {
		op["requestBody"] = schema{"required": true, "content": s.body(o.takes, media, "application/octet-stream")}
	}
	ok := schema{"description": "It was done."}
	status := "204"
	file := schema{"*/*": schema{"schema": schema{"type": "string", "format": "binary"}}}
	switch {
	case o.file && rt.Method == http.MethodPost:
		op["requestBody"] = schema{"required": true, "content": file}
	case o.file:
		status, ok["content"] = "200", file
	}
	if o.gives != nil {
		status = "200"
		if o.created {
			status = "201"
		}
		ok["content"] = s.body(o.gives, media, "text/csv", contentLines[0], mediaTypes[exchange.FormatXLSX], mediaTypes[exchange.FormatParquet])
	}
	op["responses"] = schema{status: ok, "4XX": problemRef, "5XX": problemRef}
	return op
}

// body describes a body that is of a type, or a file of one of the types files.
func (s *schemas) body(v any, media string, files ...string) schema {
	if _, isFile := v.(fileBody); !isFile {
		return schema{media: schema{"schema": s.of(v)}}
	}
	all := schema{}
	for _, f := range files {
		all[f] = schema{"schema": schema{}}
	}
	return all
}

// needsText says who may do it.
func needsText(c access.Capability) string {
	switch c {
	case access.Public:
		return "Anybody may ask."
	case access.SignedIn:
		return "Every caller may."
	case access.ByCommand:
		return "Each command needs its own capability."
	}
	return "Needs the capability " + string(c) + "."
}

var problemRef = schema{"$ref": "#/components/responses/Problem"}

var inBraces = regexp.MustCompile(`\{([a-z]+)\}`)

func pathParams(path string) []schema {
	var all []schema
	for _, found := range inBraces.FindAllStringSubmatch(path, -1) {
		all = append(all, schema{"name": found[1], "in": "path", "required": true, "description": pathParameters[found[1]], "schema": idSchema})
	}
	return all
}

// command describes the operation of one command.
func (s *schemas) command(c domain.CommandType) schema {
	header := func(name, doc string, required bool) schema {
		return schema{"name": name, "in": "header", "description": doc, "required": required, "schema": schema{"type": "string", "maxLength": 128}}
	}
	params := append(pathParams("{ledger}"),
		header("Idempotency-Key", "1 to 128 visible ASCII characters that make it safe to repeat, such as a UUID.", true),
		header("If-Match", "The position that was seen; 412 when what the command changes (its fund, project, request …) has changed since. With its region, as in \"EAST:12\", where the ledger was moved.", false),
		header("Correlation-Id", "An id of the caller's that leads through several systems.", false),
		header("Causation-Id", "Id of what led to this command.", false))
	for _, name := range []string{"dry_run", "wait"} {
		i := slices.IndexFunc(parameters, func(p parameter) bool { return p.name == name })
		params = append(params, schema{"name": name, "in": "query", "description": parameters[i].doc, "schema": flagSchema})
	}
	params = append(params, languageRef)
	answer := schema{"application/json": schema{"schema": s.of(recorded{})}}
	return schema{
		"operationId": camel(c.Name), "tags": []string{"commands"}, "summary": c.Doc, "description": needsText(access.OfCommand(c.Name)), "x-capability": access.OfCommand(c.Name),
		"parameters":  params,
		"requestBody": schema{"required": true, "content": schema{"application/json": schema{"schema": schema{"$ref": "#/components/schemas/" + commandSchema(c)}, "example": exampleOf(c.Field)}}},
		"responses": schema{
			"200": schema{"description": "It had been recorded before, or it was a dry run.", "content": answer},
			"201": schema{"description": "It is recorded.", "content": answer},
			"4XX": problemRef, "5XX": problemRef,
		},
	}
}

func commandSchema(c domain.CommandType) string { return capital(camel(c.Name)) }

// camel writes disburse-funds as disburseFunds.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i := 1; i < len(words); i++ {
		words[i] = capital(words[i])
	}
	return strings.Join(words, "")
}

func (s *Server) getOpenAPI(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	document, err := json.Marshal(describe(s.routes, false), json.Deterministic(true))
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = contentJSON
	_, _ = w.Write(document)
	return nil
}
