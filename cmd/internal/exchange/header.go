package exchange

import (
	"fmt"
	"slices"
	"strings"

	"aidledger/domain"
)

// chinese are the names of fields in the templates and in what people write. A
// field that is not here goes by its English name.
var chinese = map[string]string{
	"about": "关于", "activity": "活动", "agreement": "协议", "amount": "金额", "approximate": "约数", "budget_year": "预算年度", "code": "代码",
	"code_year": "区划年份", "command": "命令", "credit_code": "统一社会信用代码", "currency": "币种", "date": "日期", "disbursement": "拨付",
	"document": "文号", "donor": "捐赠方", "entry": "记账号", "fund": "资金", "from": "转出", "gift": "捐物", "helped": "受援方", "helper": "支援方",
	"id": "编号", "implementer": "实施单位", "indicator": "指标", "item": "品名", "kind": "类别", "last_day": "截止日期", "level": "级别", "method": "估价方法",
	"name": "名称", "note": "备注", "occurrence": "次序", "on_receipt": "到位即资金", "organisation": "单位", "other_side": "对方", "pairing": "结对", "parent": "上级",
	"part_of": "属于", "party": "甲方", "payee": "收款方", "payer": "付款方", "percent": "比例", "period": "期间", "place": "地点", "places": "落实地点",
	"project": "项目", "provider": "出资方", "provider_name": "出资方名称", "purpose": "用途", "qualifier": "限定", "quantity": "数量", "reason": "原因",
	"receiver": "接收方", "receiver_name": "接收方名称", "reimbursement": "报账制", "request": "申请", "scope": "范围", "sector": "行业", "shares": "份额",
	"source_reference": "来源编号", "system": "来源系统", "targets": "绩效目标", "text": "内容", "title": "标题", "to": "转入", "type": "类型",
	"undated": "日期不明", "unit": "单位名", "until": "有效期至", "value": "折款", "voucher": "凭证号", "year": "年度", "zone": "时区",
}

// units are what the amounts of a column may be counted in.
var units = map[string]string{"元": "", "yuan": "", "万元": "万", "万": "万", "亿元": "亿", "亿": "亿"}

// column is one column of a table: a field of commands, and the unit of its
// amounts.
type column struct {
	name string // of the field; "command" for the name of the command, empty for none
	head string // as the file has it
	unit string // 万, 亿 or nothing
}

// headOf is what stands over a column in a template.
func headOf(field string) string {
	if zh := chinese[field]; zh != "" {
		return zh + " " + field
	}
	return field
}

// fieldsOf are the fields that a table may have: those of its command, or of
// all commands where each row names its own.
func fieldsOf(command string) (fields []domain.Field, err error) {
	if command != "" {
		t, ok := domain.LookupCommand(command)
		if !ok {
			return nil, fault("command_not_found", fmt.Sprintf("there is no command %q", command), "aidledger do --help lists them")
		}
		return t.Field, nil
	}
	for _, t := range domain.Commands() {
		for _, f := range t.Field {
			if !slices.ContainsFunc(fields, func(g domain.Field) bool { return g.Name == f.Name }) {
				fields = append(fields, f)
			}
		}
	}
	return fields, nil
}

// headers matches the cells of a row with fields, in any order, and says how
// many it knows. Of a bank statement only the columns of its format count.
func headers(cells []string, fields []domain.Field, o Options) (columns []column, known int) {
	for _, head := range cells {
		c := column{head: strings.TrimSpace(head), unit: o.Unit}
		if o.Statement != "" {
			at := slices.IndexFunc(o.Columns, func(s domain.StatementColumn) bool { return fold(s.Heading) == fold(head) })
			if at < 0 {
				c.head = "#" + c.head
			} else {
				c.name, known = o.Columns[at].Field, known+1
			}
			columns = append(columns, c)
			continue
		}
		name, inside := splitUnit(fold(head))
		if u, ok := units[inside]; ok && inside != "" {
			c.unit = u
		}
		if c.name = fieldNamed(name, fields); c.name != "" {
			known++
		}
		columns = append(columns, c)
	}
	return columns, known
}

// fold makes names comparable: one width, small letters, single spaces, and
// without the star of a field that is required.
func fold(s string) string {
	s = domain.FoldName(strings.NewReplacer("*", " ", "\n", " ", "_", " ", "/", " ").Replace(s))
	return strings.TrimSpace(s)
}

// splitUnit takes the unit off 金额(万元).
func splitUnit(name string) (rest, inside string) {
	before, after, ok := strings.Cut(name, "(")
	if !ok {
		return name, ""
	}
	inside, after, _ = strings.Cut(after, ")")
	return strings.TrimSpace(before + " " + after), strings.TrimSpace(inside)
}

func fieldNamed(name string, fields []domain.Field) string {
	name = strings.Join(strings.Fields(name), " ")
	is := func(field string) bool {
		en, zh := strings.ReplaceAll(field, "_", " "), chinese[field]
		return name == en || zh != "" && (name == zh || name == zh+" "+en || name == en+" "+zh)
	}
	for _, f := range fields {
		if is(f.Name) {
			return f.Name
		}
	}
	if is("command") {
		return "command"
	}
	return ""
}

// checkHeader refuses columns that are missing, double or unknown, all at once.
// A column whose name begins with # is passed over.
func checkHeader(row int, columns []column, o Options) error {
	var wrong []string
	seen := map[string]bool{}
	for i, c := range columns {
		switch {
		case c.name == "" && c.head != "" && !strings.HasPrefix(c.head, "#"):
			wrong = append(wrong, fmt.Sprintf("the column %q is unknown", c.head))
		case c.name != "" && seen[c.name]:
			wrong = append(wrong, fmt.Sprintf("the column %q is there twice", c.head))
		}
		seen[columns[i].name] = true
	}
	if o.Command == "" && !seen["command"] {
		wrong = append(wrong, `there is no column "命令 command", and no command was given`)
	}
	for _, s := range o.Columns {
		if !seen[s.Field] {
			wrong = append(wrong, fmt.Sprintf("the column %q of the format %s is missing", s.Heading, o.Statement))
		}
	}
	if t, ok := domain.LookupCommand(o.Command); ok && o.Statement == "" {
		for _, f := range t.Field {
			if f.Required && !seen[f.Name] {
				wrong = append(wrong, fmt.Sprintf("the column %q is missing", headOf(f.Name)))
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault("import_header", fmt.Sprintf("row %d: %s", row, strings.Join(wrong, "; ")),
		"take the names from the template (aidledger template COMMAND); put # before a column that is to be passed over")
}
