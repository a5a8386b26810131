package web

import (
	"cmp"

	"aidledger/domain"

	"github.com/go-json-experiment/json/jsontext"
)

// exampleOf is a command with a value for each field that it must have, made from
// its description.
func exampleOf(fields []domain.Field) map[string]any {
	example := map[string]any{}
	for _, f := range fields {
		if f.Required {
			example[f.Name] = exampleValue(f)
		}
	}
	return example
}

func exampleValue(f domain.Field) any {
	text := f.Example()
	switch {
	case f.Type == "integer":
		return jsontext.Value(text)
	case f.Type == "yes/no":
		return true
	case f.Type == "list":
		return []any{exampleOf(f.Item)}
	case text == domain.NoExample:
		return "text"
	}
	return cmp.Or(text, "text")
}

// exampleProblem is a refusal as it is sent.
var exampleProblem = Problem{Type: "urn:aidledger:problem:field_required", Title: "Field required", Status: 422, Code: "field_required",
	Detail: "fund is required", Hint: "give it a value",
	Errors: []FieldError{{Field: "fund", Code: "field_required", Message: "fund is required", Hint: "give it a value"}}}

// languageRef is the header by which a caller chooses the language of texts.
var languageRef = schema{"$ref": "#/components/parameters/AcceptLanguage"}

var languageHeader = schema{"name": "Accept-Language", "in": "header", "required": false, "schema": schema{"type": "string"}, "example": "zh",
	"description": "Language of the texts of a problem: en (without the header) or zh. Codes, names and numbers are the same in both."}
