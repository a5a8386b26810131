package domain_test

import (
	"testing"

	"aidledger/domain"
)

func raise(id domain.ID) *domain.RaiseFinding {
	return &domain.RaiseFinding{Finding: id, About: "road", Severity: "major", Text: "no contract", DueDate: day("2020-07"), Evidence: on("2020-06")}
}

func answer(id domain.ID) *domain.AnswerFinding {
	return &domain.AnswerFinding{Finding: id, Text: "it is coming", Evidence: on("2020-06")}
}

func rectify(id domain.ID, document string) *domain.RectifyFinding {
	return &domain.RectifyFinding{Finding: id, Text: "signed", Evidence: by(document, "2020-06")}
}

func closeAs(id domain.ID, outcome, document string) *domain.CloseFinding {
	return &domain.CloseFinding{Finding: id, Outcome: outcome, Evidence: by(document, "2020-06")}
}

// found is what a check raises.
func found(id domain.ID, key string) *domain.RaiseFinding {
	return &domain.RaiseFinding{Finding: id, Severity: "minor", Text: "idle", Check: "idle", Key: key, Evidence: on("2020-06")}
}

func scan(id domain.ID) *domain.AddAttachment {
	return &domain.AddAttachment{Attachment: id, About: "road", Name: "合同.pdf", MediaType: "application/pdf", Length: 3,
		SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Evidence: on("2020-06")}
}

// everyFinding lets all happen to findings, attachments, notices and checks.
func everyFinding(s *story) {
	s.and(raise("finding"), answer("finding"), rectify("finding", "contract 7"), scan("scan"), tellAll("notice", "2020-06-01", "2020-06-10"),
		&domain.WithdrawNotice{Notice: "notice", Reason: "typing error", Evidence: on("2020-06")},
		&domain.SetCheckThreshold{Threshold: "idle-days", Value: 100, Evidence: on("2020-06")})
	s.as("wang").and(closeAs("finding", "rectified", "contract 7")).as("li")
}

func TestAFindingIsRaisedAnsweredRectifiedAndClosed(t *testing.T) {
	s := given(t, programme()...)
	s.when(raise("x")).then(&domain.FindingRaised{Evidence: on("2020-06"), Finding: "x", About: "road", Severity: "major", Text: "no contract", DueDate: day("2020-07"), By: "li"})
	s.when(rectify("x", "c")).refused("wrong_state", "finding", "finding=x", "state=raised")
	s.when(closeAs("x", "unfounded", "c")).refused("wrong_state", "finding", "finding=x", "state=raised")
	s.when(answer("x")).then(&domain.FindingAnswered{Evidence: on("2020-06"), Finding: "x", Text: "it is coming", By: "li"})
	s.when(closeAs("x", "rectified", "c")).refused("wrong_state", "finding", "finding=x", "state=answered")
	s.when(rectify("x", "")).refused("evidence_required", "document")
	s.when(rectify("x", "contract 7")).then(&domain.FindingRectified{Evidence: by("contract 7", "2020-06"), Finding: "x", Text: "signed", By: "li"})
	s.when(closeAs("x", "rectified", "c")).refused("self_approval", "finding", "actor=li", "finding=x")
	s.as("wang").when(closeAs("x", "rectified", "")).refused("evidence_required", "document")
	s.when(closeAs("x", "facts-changed", "c")).refused("check_only", "outcome", "finding=x")
	c := closeAs("x", "rectified", "")
	c.Attachment = "scan"
	s.when(c).refused("attachment_not_found", "attachment", "id=scan")
	s.and(scan("scan")).when(c).then(&domain.FindingClosed{Evidence: on("2020-06"), Finding: "x", Outcome: "rectified", Attachment: "scan", By: "wang"})
	for _, c := range []domain.Command{answer("x"), rectify("x", "c"), closeAs("x", "rectified", "c")} {
		s.when(c).refused("wrong_state", "finding", "finding=x", "state=closed")
	}
	s.and(raise("y"), answer("y"), closeAs("y", "unfounded", "letter"))
}

func TestFindingsAreRefused(t *testing.T) {
	of := func(about domain.ID) *domain.RaiseFinding {
		c := raise("x")
		c.About = about
		return c
	}
	refusals(t, programme(), []refusal{
		{"about what is unknown", nil, of("bridge"), "about_not_found", "about", nil},
		{"under an id that is taken", nil, raise("road"), "id_taken", "finding", []string{"id=road", "noun=project"}},
		{"of a check, from a person", nil, found("x", "f"), "check_only", "check", nil},
		{"that nobody raised", nil, answer("x"), "finding_not_found", "finding", []string{"id=x"}},
	})
}

func TestACheckFindsEachThingOnce(t *testing.T) {
	s := given(t, programme()...)
	s.role = domain.CheckRole
	s.when(raise("x")).refused("check_only", "check")
	s.and(found("x", "f"))
	s.when(found("y", "f")).nothing()
	s.and(found("z", "g"))
	s.when(closeAs("x", "facts-changed", "")).then(&domain.FindingClosed{Evidence: on("2020-06"), Finding: "x", Outcome: "facts-changed", By: "li"})
	s.and(found("again", "f"))
	t.Run("and not again what a person closed", func(t *testing.T) {
		s.role = "clerk"
		s.as("wang").and(answer("z"), closeAs("z", "unfounded", "letter"))
		s.role = domain.CheckRole
		s.when(found("z2", "g")).nothing()
	})
	t.Run("and closes nothing but its own", func(t *testing.T) {
		s.role = "clerk"
		s.and(raise("person"))
		s.role = domain.CheckRole
		s.when(closeAs("person", "facts-changed", "")).refused("check_only", "outcome", "finding=person")
	})
}

func TestThresholdsOfChecks(t *testing.T) {
	s := given(t, programme()...)
	c := &domain.SetCheckThreshold{Threshold: "idle-days", Value: 100, Evidence: on("2020-06")}
	s.when(c).then(&domain.CheckThresholdSet{Evidence: on("2020-06"), Threshold: "idle-days", Value: 100})
	s.when(c).nothing()
	s.when(&domain.SetCheckThreshold{Threshold: "idle-days", Value: -1}).refused("threshold_range", "value", "value=-1")
	s.when(&domain.SetCheckThreshold{Threshold: "x", Value: 1}).refused("value_unknown", "threshold")
	kind, _ := domain.LookupCommand("set-check-threshold")
	for i, known := range domain.CheckThresholds() {
		if kind.Field[0].Enum[i] != known.Name {
			t.Errorf("%s cannot be set", known.Name)
		}
	}
}

// tellAll publishes a notice about the road.
func tellAll(id domain.ID, from, to string) *domain.PublishNotice {
	return &domain.PublishNotice{Notice: id, Project: "road", Place: east, Amount: amount("400"), Contact: "12317", From: day(from), To: day(to), Evidence: on("2020-06")}
}

func TestANoticeIsPublicForTenDays(t *testing.T) {
	s := given(t, programme()...)
	s.when(tellAll("x", "2020-06-01", "2020-06-09")).refused("notice_too_short", "to", "days=9", "least=10")
	s.when(tellAll("x", "2020-06-10", "2020-06-01")).refused("notice_too_short", "to", "days=0", "least=10")
	s.when(tellAll("x", "2020-06", "2020-06-30")).refused("date_not_a_day", "from", "date=2020-06")
	s.when(tellAll("x", "2020-06-01", "2020")).refused("date_not_a_day", "to", "date=2020")
	s.when(&domain.PublishNotice{}).refused("field_required", "notice")
	none := tellAll("x", "2020-06-01", "2020-06-10")
	none.Project = "bridge"
	s.when(none).refused("project_not_found", "project", "id=bridge")
	s.when(tellAll("x", "2020-06-01", "2020-06-10")).then(&domain.NoticePublished{Evidence: on("2020-06"), Notice: "x", Project: "road", Place: east,
		Amount: yuan(400), Contact: "12317", From: day("2020-06-01"), To: day("2020-06-10")})
	end := &domain.WithdrawNotice{Notice: "x", Reason: "wrong amount", Evidence: on("2020-06")}
	s.when(end).then(&domain.NoticeWithdrawn{Evidence: on("2020-06"), Notice: "x", Reason: "wrong amount"})
	s.when(end).nothing()
	s.when(&domain.WithdrawNotice{Notice: "y", Reason: "r"}).refused("notice_not_found", "notice", "id=y")
}

func TestAnAttachmentIsKnownByItsHash(t *testing.T) {
	s := given(t, programme()...)
	c := scan("x")
	s.when(c).then(&domain.AttachmentAdded{Evidence: on("2020-06"), Attachment: "x", About: "road", Name: "合同.pdf", MediaType: "application/pdf", Length: 3, SHA256: c.SHA256})
	s.when(c).refused("id_taken", "attachment", "id=x", "noun=attachment")
	for name, alter := range map[string]func(c *domain.AddAttachment){
		"sha256 hash_malformed": func(c *domain.AddAttachment) { c.SHA256 = "BA78" }, "name file_name": func(c *domain.AddAttachment) { c.Name = "../x" },
		"length length_negative": func(c *domain.AddAttachment) { c.Length = -1 }, "about about_not_found": func(c *domain.AddAttachment) { c.About = "bridge" },
	} {
		c := scan("y")
		alter(c)
		if r := refusalOf(s.when(c).err); r.Field+" "+r.Code != name {
			t.Errorf("%s %s, want %s", r.Field, r.Code, name)
		}
	}
}
