package exchange_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"aidledger/domain"
)

// standard is the folder of the official schemas and rules, where it is present.
var standard = filepath.Join("..", "..", "..", "..", "shared", "iati")

// mayValidate tells whether a test can ask the official schemas.
func mayValidate(t *testing.T) bool {
	t.Helper()
	_, missing := os.Stat(standard)
	if _, err := exec.LookPath("xmllint"); err != nil || missing != nil {
		t.Log("*** NOT VALIDATED: it takes xmllint (apt-get install libxml2-utils) and the official schemas in ../shared/iati ***")
		return false
	}
	return true
}

// invalid is what the official schema has against a file.
func invalid(t *testing.T, schema string, file []byte) string {
	t.Helper()
	out, err := xmllint(t, file, "--noout", "--schema", filepath.Join(standard, schema))
	if err == nil {
		return ""
	}
	return out
}

func xmllint(t *testing.T, file []byte, args ...string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.xml")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", append(args, "--nonet", path)...).CombinedOutput()
	return string(out), err
}

// broken lists the rules of the standard ruleset that a file breaks.
func broken(t *testing.T, file []byte) []string {
	t.Helper()
	out, err := xmllint(t, file, "--xpath", ruleset(t, file))
	if err != nil {
		t.Fatalf("the rules cannot be checked: %s", out)
	}
	rules := strings.Fields(out)
	slices.Sort(rules)
	return slices.Compact(rules)
}

// ruleCase is one case of a rule; which members it has depends on the rule.
type ruleCase struct {
	Condition   string              `json:"condition"`
	IDCondition string              `json:"idCondition"`
	Paths       []string            `json:"paths"`
	Prefix      []string            `json:"prefix"`
	Separator   string              `json:"separator"`
	One         string              `json:"one"`
	All         string              `json:"all"`
	Less        string              `json:"less"`
	More        string              `json:"more"`
	Date        string              `json:"date"`
	Start       string              `json:"start"`
	End         string              `json:"end"`
	Regex       string              `json:"regex"`
	Sum         float64             `json:"sum"`
	Min         float64             `json:"min"`
	Max         float64             `json:"max"`
	If          string              `json:"if"`
	Then        string              `json:"then"`
	Foreach     string              `json:"foreach"`
	Do          map[string]ruleList `json:"do"`
	Info        struct {
		ID string `json:"id"`
	} `json:"ruleInfo"`
}

type ruleList struct {
	Cases []ruleCase `json:"cases"`
}

// ruleset translates the standard ruleset into one XPath expression, whose value
// are the rules that are broken. A loop is written out for every vocabulary that
// the file has. Rules about prefixes of the registry's organisations are left
// out: its list is not part of the ruleset.
func ruleset(t *testing.T, file []byte) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(standard, "rulesets", "standard.json"))
	var rules map[string]map[string]ruleList
	if err == nil {
		err = json.Unmarshal(text, &rules)
	}
	if err != nil {
		t.Fatal(err)
	}
	vocabularies := map[string]bool{}
	for _, v := range regexp.MustCompile(`vocabulary="([^"]*)"`).FindAllSubmatch(file, -1) {
		vocabularies[string(v[1])] = true
	}
	var all []string
	add := func(context string, c ruleCase, test string) {
		all = append(all, fmt.Sprintf("substring('%s ', 1, 9 * boolean((%s)[not(%s)]))", c.Info.ID, context, test))
	}
	for context, of := range rules {
		for rule, list := range of {
			for _, c := range list.Cases {
				for v := range vocabularies {
					for rule, list := range c.Do {
						for _, inner := range list.Cases {
							add(context, inner, fmt.Sprintf("not(%s[. = '%s']) or (%s)", c.Foreach, v, inner.with(v).test(t, rule)))
						}
					}
				}
				if rule != "loop" && !slices.Contains(c.Prefix, "ORG-ID-PREFIX") {
					add(context, c, c.test(t, rule))
				}
			}
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d rules were translated", len(all))
	}
	return "concat(" + strings.Join(all, ", ") + ")"
}

// with puts a value in the place of $1.
func (c ruleCase) with(value string) ruleCase {
	put := func(s string) string { return strings.ReplaceAll(s, "$1", value) }
	c.Condition, c.If, c.Then, c.Paths = put(c.Condition), put(c.If), put(c.Then), slices.Clone(c.Paths)
	for i := range c.Paths {
		c.Paths[i] = put(c.Paths[i])
	}
	return c
}

// test is the rule as an XPath expression that is true where it is kept.
func (c ruleCase) test(t *testing.T, rule string) string {
	t.Helper()
	union, kept := strings.Join(c.Paths, " | "), ""
	switch rule {
	case "atleast_one":
		kept = "boolean(" + union + ")"
	case "no_more_than_one":
		kept = "count(" + union + ") <= 1"
	case "one_or_all":
		kept = c.One + " or " + map[string]string{"lang": "not(.//narrative[not(@xml:lang)])", "currency": "not(.//value[not(@currency)])",
			"sector": "not(transaction[not(sector)])"}[c.All]
	case "unique":
		kept = "not(" + strings.Join(c.Paths, " = ") + ")"
	case "startswith":
		for i, p := range c.Prefix {
			c.Prefix[i] = fmt.Sprintf("(%s and starts-with(%s, concat(%s, '%s')))", p, union, p, c.Separator)
		}
		kept = strings.Join(c.Prefix, " or ")
	case "date_now":
		kept = fmt.Sprintf("not(%s) or %s <= %s", c.Date, number(c.Date), number("NOW"))
	case "date_order":
		kept = fmt.Sprintf("not(%s[%s > %s])", c.Less, number("."), number(c.More))
		if c.More != "NOW" {
			kept = fmt.Sprintf("not(%s) or not(%s) or %s <= %s", c.Less, c.More, number(c.Less), number(c.More))
		}
	case "time_limit":
		kept = fmt.Sprintf("%s - %s <= 10000", number(c.End), number(c.Start))
	case "between_dates":
		kept = fmt.Sprintf("not(%s) or %s <= %s and %s <= %s", c.Date, number(c.Start), number(c.Date), number(c.Date), number(c.End))
	case "regex_matches":
		if c.Regex != `^[^\/\&\|\?]+$` {
			t.Fatalf("the expression %s has to be translated", c.Regex)
		}
		kept = "not((" + union + ")[. = '' or translate(., '/&|?', '') != .])"
	case "no_spaces":
		kept = "not((" + union + ")[. != '' and (normalize-space(substring(., 1, 1)) = '' or normalize-space(substring(., string-length(.), 1)) = '')])"
	case "strict_sum":
		kept = fmt.Sprintf("sum(%s) = %v", union, c.Sum)
	case "range":
		kept = fmt.Sprintf("not((%s)[. < %v or . > %v])", union, c.Min, c.Max)
	case "if_then":
		kept = fmt.Sprintf("not(%s) or (%s)", c.If, c.Then)
	default:
		t.Fatalf("the rule %s has to be translated", rule)
	}
	if c.Condition != "" {
		kept = fmt.Sprintf("not(%s) or (%s)", c.Condition, kept)
	}
	return kept
}

// number makes a number of a date, so that dates can be compared.
func number(date string) string {
	if date == "NOW" {
		today := domain.DateOf(publishedAt.In(time.FixedZone(domain.DefaultZone, 8*60*60)))
		return strings.ReplaceAll(today.String(), "-", "")
	}
	return "number(translate(substring(" + date + ", 1, 10), '-', ''))"
}
