package pages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
)

// addAttachment stores the file of a form and records what it belongs to.
func (v *visit) addAttachment(t domain.CommandType) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, eventstore.FileMax+formMax)
	if err := v.r.ParseMultipartForm(formMax); err != nil {
		return problem(http.StatusRequestEntityTooLarge, eventstore.FileTooLarge, "the file could not be read; it may be too large", "send a smaller one")
	}
	defer v.r.MultipartForm.RemoveAll()
	if err := v.readForm(formMax); err != nil {
		return err
	}
	values := v.r.PostForm
	o, err := v.offers(t)
	if err != nil {
		return err
	}
	o.resolve(t.Name, t.Field, "", values)
	part, head, err := v.r.FormFile("file")
	if err != nil {
		return v.refuseFile(t, values, o, problem(http.StatusUnprocessableEntity, "file_not_chosen", "there is no file", "choose one"))
	}
	defer part.Close()
	key := values.Get("idempotency_key")
	sum := sha256.Sum256([]byte(key)) // so that a form sent twice is the same attachment
	values.Set("attachment", newNoun[t.Name].prefix+"-"+hex.EncodeToString(sum[:5]))
	c, found := decodeForm(t, values)
	if len(found) > 0 {
		return v.refuseFile(t, values, o, found)
	}
	add := c.(*domain.AddAttachment)
	add.Name = path.Base(strings.ReplaceAll(head.Filename, `\`, "/"))
	add.MediaType = cmp.Or(mime.TypeByExtension(path.Ext(add.Name)), "application/octet-stream")
	receipt, err := v.server.Attach(v.ctx(), v.caller, v.ledger.Ledger, eventstore.Request{ID: key, Command: add}, part)
	if err != nil {
		return v.refuseFile(t, values, o, err)
	}
	v.awaitViews(receipt.Position.Block)
	http.Redirect(v.w, v.r, v.href("record/"+t.Name, "done", receipt.Entry, "at", receipt.Position.String(), "about", values.Get("about"), "entry", values.Get("entry")), http.StatusSeeOther)
	return nil
}

// refuseFile shows the form again with why the file was not recorded.
func (v *visit) refuseFile(t domain.CommandType, values map[string][]string, o *offers, err error) error {
	view := v.formView(t, values, o)
	v.showError(&view, err)
	return v.showForm(web.ProblemOf(err).Status, t, view)
}
