package main

import (
	"cmp"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// language is the language of tables: en or zh.
type language string

func (l language) say(en, zh string) string {
	if l == "zh" {
		return zh
	}
	return en
}

// chosenLanguage is that of --lang, else that of the locale.
func chosenLanguage(cmd *cobra.Command) (language, error) {
	switch chosen := value(cmd, "AIDLEDGER_LANG"); chosen {
	case "":
		return localeLanguage(), nil
	case "en", "zh":
		return language(chosen), nil
	default:
		return "", usage(cmd, "--lang %q is not known; use zh or en", chosen)
	}
}

func localeLanguage() language {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
	if strings.HasPrefix(locale, "zh") {
		return "zh"
	}
	return "en"
}
