package web

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
)

//go:embed api.html
var apiText string

//go:embed api.css
var apiStyle []byte

var apiPage = template.Must(template.New("api").Parse(apiText))

// getAPIPage shows the API to people. It needs nothing from elsewhere.
func (s *Server) getAPIPage(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	var body bytes.Buffer
	if err := apiPage.Execute(&body, map[string]any{"About": about, "Groups": s.groups()}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes())
	return nil
}

func (s *Server) getAPIStyle(_ access.Caller, w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(apiStyle)
	return nil
}

// docGroup is one part of the page that shows the API to people.
type docGroup struct {
	Tag, Doc   string
	Operations []docOperation
}

type docParam struct{ Name, Doc string }

type docOperation struct {
	Method, Path string
	Doc, Needs   string
	Params       []docParam
	Fields       []domain.Field // of a command
	Body         string         // name of the schema
}

// groups orders the operations for people.
func (s *Server) groups() []docGroup {
	all := make([]docGroup, len(tags))
	for i, t := range tags {
		all[i] = docGroup{Tag: t[0], Doc: t[1]}
		for _, rt := range s.routes {
			o, ok := operations[rt.Method+" "+rt.Path]
			if !ok || o.tag != t[0] {
				continue
			}
			d := docOperation{Method: rt.Method, Path: rt.Path, Doc: rt.Doc, Needs: string(rt.Needs)}
			if o.takes != nil {
				d.Body = componentName(reflect.TypeOf(o.takes))
			}
			for name := range strings.FieldsSeq(o.params) {
				i := slices.IndexFunc(parameters, func(p parameter) bool { return p.name == name })
				d.Params = append(d.Params, docParam{parameters[i].name, parameters[i].doc})
			}
			all[i].Operations = append(all[i].Operations, d)
		}
		if t[0] == "commands" {
			for _, c := range domain.Commands() {
				all[i].Operations = append(all[i].Operations, docOperation{Method: "POST", Path: "/v1/ledgers/{ledger}/commands/" + c.Name,
					Doc: c.Doc, Needs: string(access.OfCommand(c.Name)), Fields: c.Field})
			}
		}
		slices.SortStableFunc(all[i].Operations, func(a, b docOperation) int { return cmp.Compare(a.Path, b.Path) })
	}
	return all
}
