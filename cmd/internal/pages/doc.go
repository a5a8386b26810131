// Package pages shows the ledgers to people, in Chinese and in English: pages
// that the server renders, which work without JavaScript and load nothing from
// elsewhere.
//
// A page goes through few hands. Site.Routes lists the pages for the route
// table of package web, which finds and checks the caller of each. A visit is
// one request: the caller, the language, the unit of amounts, and which past is
// looked at. A handler asks the read models and fills a view, a struct of text
// that is ready to be shown; the template of the same name shows it. A view
// holds figures, never numbers to calculate with: what is shown feeds no sum.
//
// Every text is in messages/zh.json and messages/en.json, also the labels of
// the codes of stages, states, events, commands and fields. Where nobody
// reported an amount, a page says so and never 0. A table is exported exactly
// as it is shown.
package pages
