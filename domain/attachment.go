package domain

import "strings"

// An attachment (附件) is a file that proves something: a scan of a voucher, a
// contract, a photograph. Its bytes lie beside the log, and the log holds their
// SHA-256, so a file that was changed is noticed. Rules:
//   - it is about something that is registered, or about an entry, or about the
//     ledger as a whole;
//   - the hash is that of the bytes which were stored before; whoever stores them
//     says how many they are.

// AttachmentAdded says that a file belongs to something.
type AttachmentAdded struct {
	Evidence
	Attachment ID     `json:"attachment"`
	About      ID     `json:"about,omitempty"`
	Entry      string `json:"entry,omitempty"`
	Name       string `json:"name"`
	MediaType  string `json:"media_type"`
	Length     int    `json:"length"`
	SHA256     string `json:"sha256"`
}

// AddAttachment says that a file belongs to something.
type AddAttachment struct {
	Attachment ID     `json:"attachment" doc:"id of the new attachment"`
	About      ID     `json:"about,omitempty" doc:"what it belongs to: any id of the ledger"`
	Entry      string `json:"entry,omitempty" doc:"or the entry that it belongs to"`
	Name       string `json:"name" doc:"name of the file"`
	MediaType  string `json:"media_type" doc:"what it is, as in application/pdf"`
	Length     int    `json:"length" doc:"bytes of the file"`
	SHA256     string `json:"sha256" doc:"SHA-256 of its bytes, in hexadecimal"`
	Evidence
}

var (
	_ = command[AddAttachment]("add-attachment", "Says that a file, which was uploaded before, belongs to something (附件).")
	_ = event[AttachmentAdded]()
)

func (c *AddAttachment) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Attachment, "attachment"); err != nil {
		return nil, err
	}
	if c.About != "" && !l.names.has(c.About) {
		return nil, missing("about_not_found", "nothing is called %q", c.About).in("about").hint("check the id")
	}
	if len(c.SHA256) != 64 || strings.Trim(c.SHA256, "0123456789abcdef") != "" {
		return nil, refuse("hash_malformed", "%s is no SHA-256", shown(c.SHA256)).in("sha256").hint("give 64 hexadecimal digits in lower case")
	}
	if c.Length < 0 {
		return nil, refuse("length_negative", "a file has no %d bytes", c.Length).in("length").hint("give the number of bytes").with("length", c.Length)
	}
	if strings.ContainsAny(c.Name, `/\`) {
		return nil, refuse("file_name", "the name of a file has no directories").in("name").hint("give the name alone")
	}
	e, err := l.evidence("attachment-added", c.Evidence, ctx)
	return one(&AttachmentAdded{Evidence: e, Attachment: c.Attachment, About: c.About, Entry: c.Entry, Name: c.Name,
		MediaType: c.MediaType, Length: c.Length, SHA256: c.SHA256}, err)
}

// EventType is attachment-added.
func (*AttachmentAdded) EventType() string { return "attachment-added" }

func (e *AttachmentAdded) evolve(l *Ledger) {
	l.names.put(e.Attachment, NounAttachment)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
