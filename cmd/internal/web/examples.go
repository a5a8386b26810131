package web

import (
	"strings"

	"aidledger/domain"
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
	if len(f.Enum) > 0 {
		return f.Enum[0]
	}
	switch f.Type {
	case "id":
		return strings.ReplaceAll(f.Name, "_", "-") + "-1"
	case "amount":
		return "37210000.00"
	case "quantity":
		return "12"
	case "date":
		return "2019-05-06"
	case "currency":
		return "CNY"
	case "integer":
		return 2019
	case "yes/no":
		return true
	case "list":
		return []any{exampleOf(f.Item)}
	}
	if f.Name == "id_number" {
		return "11010519491231002X"
	}
	return "text"
}

// exampleProblem is a refusal as it is sent.
var exampleProblem = Problem{Type: "urn:aidledger:problem:field_required", Title: "Field required", Status: 422, Code: "field_required",
	Detail: "fund is required", Hint: "give it a value",
	Errors: []FieldError{{Field: "fund", Code: "field_required", Message: "fund is required", Hint: "give it a value"}}}

// languageRef is the header by which a caller chooses the language of texts.
var languageRef = schema{"$ref": "#/components/parameters/AcceptLanguage"}

var languageHeader = schema{"name": "Accept-Language", "in": "header", "required": false, "schema": schema{"type": "string"}, "example": "zh",
	"description": "Language of the texts of a problem: en (without the header) or zh. Codes, names and numbers are the same in both."}
