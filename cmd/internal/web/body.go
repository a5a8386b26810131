package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const formMax = 64 << 10 // bytes of a body that is no command

// readBody decodes the body of a request as strictly as a command is decoded: no
// duplicate or unknown names, no folding of case, no null, no invalid UTF-8,
// nothing after the object. Such a request has no parameters.
func readBody[T any](w http.ResponseWriter, r *http.Request) (v T, err error) {
	if err := newParams(r).err(); err != nil {
		return v, err
	}
	if err := contentType(r, "application/json"); err != nil {
		return v, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, formMax))
	if err != nil {
		return v, readFault(err)
	}
	if err := checkUTF8(body); err != nil {
		return v, err
	}
	if err := checkNulls(body); err != nil {
		return v, err
	}
	err = json.Unmarshal(body, &v, json.RejectUnknownMembers(true))
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		if err != nil {
			err = syntaxFault(err)
		}
		return v, err
	}
	field := shorten(semantic.JSONPointer.LastToken())
	if errors.Is(err, json.ErrUnknownName) {
		return v, domain.Refusals{{Code: "unknown_field", Field: field, Message: fmt.Sprintf("there is no field %q", field), Hint: "see the description of the API"}}
	}
	return v, domain.Refusals{{Code: "wrong_type", Field: field, Message: fmt.Sprintf("%s has a value of the wrong type", field), Hint: "see the description of the API"}}
}

// checkNulls refuses a body that has null for a value or a NUL in a text, which
// PostgreSQL does not take, and one that is no object.
func checkNulls(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if d.PeekKind() != '{' {
		if _, err := d.ReadToken(); err != nil {
			return syntaxFault(err)
		}
		return syntaxFault(errNotObject)
	}
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return syntaxFault(err)
		}
		name := shorten(d.StackPointer().LastToken())
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return domain.Refusals{{Code: "text_control_character", Field: name, Message: name + " has a NUL", Hint: "take it out"}}
		}
		if token.Kind() == 'n' {
			return domain.Refusals{{Code: "null_value", Field: name, Message: name + " is null", Hint: "leave it out, or give it a value"}}
		}
	}
}

// done answers that it was done, with nothing to say.
func done(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
