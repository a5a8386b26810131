package demo

import "aidledger/domain"

// The figures and names below are made up. Only the divisions down to the
// townships exist.

// madeUp is what every name in the invented ledger ends with.
const madeUp = "（虚构）"

const (
	county      = domain.ID("130732")
	district    = domain.ID("inv-donglin")
	charity     = domain.ID("inv-charity")
	treasury    = domain.ID("inv-treasury")
	reimbursing = domain.ID("inv-d-2019")
)

var divisions = []struct {
	code, parent domain.ID
	level, name  string
}{
	{"130000", "", "province", "河北省"},
	{"130700", "130000", "prefecture", "张家口市"},
	{county, "130700", "county", "赤城县"},
	{"130732100", county, "township", "赤城镇"},
	{"130732101", county, "township", "田家窑镇"},
	{"130732102", county, "township", "龙关镇"},
	{"130732103", county, "township", "雕鹗镇"},
	{"130732104", county, "township", "独石口镇"},
	{"130732105", county, "township", "白草镇"},
	{"130732107", county, "township", "后城镇"},
	{"130732203", county, "township", "马营乡"},
	{"130732204", county, "township", "云州乡"},
	{"130732208", county, "township", "样田乡"},
}

var villages = []struct {
	id, township domain.ID
	name         string
}{
	{"inv-v01", "130732100", "青石沟村"}, {"inv-v02", "130732100", "柳泉村"},
	{"inv-v03", "130732101", "白桦岭村"}, {"inv-v04", "130732101", "北杏园村"},
	{"inv-v05", "130732102", "松月村"}, {"inv-v06", "130732102", "云雀营村"},
	{"inv-v07", "130732103", "麦浪村"}, {"inv-v08", "130732103", "东霞村"},
	{"inv-v09", "130732104", "石榴坪村"}, {"inv-v10", "130732104", "银杏湾村"},
	{"inv-v11", "130732105", "清荷村"}, {"inv-v12", "130732105", "暖泉坡村"},
	{"inv-v13", "130732107", "翠屏村"}, {"inv-v14", "130732107", "鹿鸣村"},
	{"inv-v15", "130732203", "雪梨沟村"}, {"inv-v16", "130732203", "秋枫村"},
	{"inv-v17", "130732204", "竹影村"}, {"inv-v18", "130732204", "晨钟村"},
	{"inv-v19", "130732208", "向日村"}, {"inv-v20", "130732208", "小满村"},
}

var organisations = []struct {
	id         domain.ID
	name, kind string
}{
	{district, "东林区财政局", "government"},
	{charity, "东林慈善会", "social-organisation"},
	{treasury, "县国库集中支付中心", "public-institution"},
	{"inv-agriculture", "县农业项目办公室", "public-institution"},
	{"inv-education", "县教育项目办公室", "public-institution"},
	{"inv-health", "县卫生项目办公室", "public-institution"},
	{"inv-roads", "县水利道路项目办公室", "public-institution"},
	{"inv-payee-1", "青禾建筑公司", "enterprise"},
	{"inv-payee-2", "远山道路公司", "enterprise"},
	{"inv-payee-3", "清源水务公司", "enterprise"},
	{"inv-payee-4", "丰原农资公司", "enterprise"},
	{"inv-payee-5", "明德设备公司", "enterprise"},
	{"inv-payee-6", "百草种业合作社", "enterprise"},
	{"inv-payee-7", "新竹家具公司", "enterprise"},
	{"inv-payee-8", "康健医疗器械公司", "enterprise"},
}

// fundPlan is a fund and everything that happens to it as a whole.
type fundPlan struct {
	id, provider domain.ID
	purpose      string
	year         int // budget year
	steps        []fundStep
}

// fundStep is one command about a fund. What says which.
type fundStep struct {
	day, what, amount string
}

var fundPlans = []fundPlan{
	{"inv-a-2018", district, "2018年财政帮扶", 2018, []fundStep{
		{"2018-02-08", "commit", "12000000"}, {"2018-03-01", "receive", "7000000"}, {"2018-07-16", "receive", "4760000"},
		{"2018-09-20", "reduce", "240000"}, {"2018-12-28", "carry-over", "560000"}, {"2019-03-15", "repay", "30000"}}},
	{"inv-b-2018", charity, "2018年慈善项目", 2018, []fundStep{
		{"2018-01-20", "pledge", "3000000"}, {"2018-04-10", "commit", "2600000"}, {"2018-05-02", "receive", "2600000"},
		{"2018-12-29", "lapse", ""}}},
	// Notified ahead of its budget year, so the two ways to count a year differ.
	{"inv-c-2019", district, "2019年财政帮扶", 2019, []fundStep{
		{"2018-12-20", "commit", "14500000"}, {"2019-01-18", "receive", "9000000"},
		{"2019-06-12", "increase", "1000000"}, {"2019-06-28", "receive", "6500000"}}},
	{reimbursing, district, "2019年先建后补", 2019, []fundStep{
		{"2019-01-15", "commit", "1800000"}, {"2019-02-20", "receive", "1800000"}}},
	{"inv-e-donations", charity, "社会捐款", 2018, []fundStep{
		{"2018-05-18", "receive", "386500.50"}, {"2018-11-12", "receive about", "214300"}, {"2019-04-09", "receive", "512850.25"},
		{"2019-12-20", "close", ""}}},
}

// projectPlan is a project, its states by day, and where it is carried out.
// A day that is empty never comes.
type projectPlan struct {
	id                                      domain.ID
	name, sector                            string
	implementer                             domain.ID
	target, value, unit                     string
	registered, approved, started, placed   string
	suspended, resumed, accepted, cancelled string
	shares                                  []domain.ID // places, with the percentages below
	percent                                 []string
	villages                                []domain.ID // that single payments name
	payees                                  []domain.ID
}

var projectPlans = []projectPlan{
	{id: "inv-p01", name: "农村安全饮水", sector: "基础设施", implementer: "inv-roads", target: "受益人口", value: "1860", unit: "人",
		registered: "2018-01-15", approved: "2018-02-20", started: "2018-03-12", placed: "2018-02-12", accepted: "2018-12-18",
		shares: ids("inv-v01", "inv-v02", "inv-v03"), percent: []string{"40", "35", "25"}, villages: ids("inv-v01", "inv-v02", "inv-v03"),
		payees: ids("inv-payee-3", "inv-payee-1")},
	{id: "inv-p02", name: "村道硬化", sector: "基础设施", implementer: "inv-roads", target: "硬化里程", value: "14.5", unit: "公里",
		registered: "2018-01-15", approved: "2018-02-22", started: "2018-04-02", placed: "2018-02-12", accepted: "2019-06-21",
		shares: ids("inv-v04", "inv-v05", "inv-v06"), percent: []string{"33.333333", "33.333333", "33.333334"}, villages: ids("inv-v04", "inv-v05", "inv-v06"),
		payees: ids("inv-payee-2")},
	{id: "inv-p03", name: "日光温室", sector: "产业", implementer: "inv-agriculture", target: "新建温室", value: "62", unit: "座",
		registered: "2018-01-15", approved: "2018-02-22", started: "2018-03-20", placed: "2018-02-12", accepted: "2019-10-30",
		shares: ids("inv-v07", "inv-v08", "inv-v09", "inv-v10"), percent: []string{"30", "30", "25", "15"}, villages: ids("inv-v07", "inv-v08", "inv-v09", "inv-v10"),
		payees: ids("inv-payee-1", "inv-payee-4")},
	{id: "inv-p04", name: "村卫生室改造", sector: "健康", implementer: "inv-health", target: "改造卫生室", value: "9", unit: "间",
		registered: "2018-01-22", approved: "2018-03-05", started: "2018-04-16", placed: "2018-02-12", accepted: "2019-06-05",
		shares: ids("inv-v11", "inv-v12"), percent: []string{"55", "45"}, villages: ids("inv-v11", "inv-v12"),
		payees: ids("inv-payee-8", "inv-payee-1")},
	// Its place is a township; single payments name villages in it.
	{id: "inv-p05", name: "乡小学宿舍", sector: "教育", implementer: "inv-education", target: "新增床位", value: "240", unit: "个",
		registered: "2018-01-22", approved: "2018-03-05", started: "2018-05-07", placed: "2018-02-12",
		suspended: "2018-11-15", resumed: "2019-03-18", accepted: "2019-12-06",
		shares: ids("130732204"), percent: []string{"100"}, villages: ids("inv-v17", "inv-v18"),
		payees: ids("inv-payee-1", "inv-payee-7")},
	{id: "inv-p06", name: "肉羊养殖", sector: "产业", implementer: "inv-agriculture", target: "带动农户", value: "175", unit: "户",
		registered: "2018-01-22", approved: "2018-03-12", started: "2018-06-04", placed: "2018-02-12", accepted: "2019-05-30",
		shares: ids("inv-v13", "inv-v14"), percent: []string{"50", "50"}, villages: ids("inv-v13", "inv-v14"),
		payees: ids("inv-payee-4")},
	{id: "inv-p07", name: "残疾人手工坊", sector: "就业", implementer: "inv-education", target: "就业人数", value: "48", unit: "人",
		registered: "2018-04-16", approved: "2018-05-08", started: "2018-06-18", placed: "2018-04-23", accepted: "2019-11-22",
		shares: ids("inv-v02", "inv-v15"), percent: []string{"60", "40"}, villages: ids("inv-v02", "inv-v15"),
		payees: ids("inv-payee-5", "inv-payee-7")},
	{id: "inv-p08", name: "中药材种植", sector: "产业", implementer: "inv-agriculture", target: "种植面积", value: "820", unit: "亩",
		registered: "2019-01-08", approved: "2019-01-22", started: "2019-02-25", placed: "2019-01-15",
		shares: ids("inv-v15", "inv-v16", "inv-v19", "inv-v20"), percent: []string{"28", "26", "24", "22"}, villages: ids("inv-v15", "inv-v16", "inv-v19", "inv-v20"),
		payees: ids("inv-payee-6", "inv-payee-4")},
	{id: "inv-p09", name: "人居环境整治", sector: "基础设施", implementer: "inv-roads", target: "整治村庄", value: "5", unit: "村",
		registered: "2019-01-08", approved: "2019-01-22", started: "2019-03-11", placed: "2019-01-15", accepted: "2019-12-12",
		shares: ids("inv-v05", "inv-v09", "inv-v13", "inv-v17", "inv-v20"), percent: []string{"20", "20", "20", "20", "20"}, villages: ids("inv-v05", "inv-v09", "inv-v13", "inv-v17", "inv-v20"),
		payees: ids("inv-payee-2", "inv-payee-3")},
	// Its places come late: money waits for them as not yet of a village.
	{id: "inv-p10", name: "农产品加工园", sector: "产业", implementer: "inv-agriculture", target: "就业岗位", value: "130", unit: "个",
		registered: "2019-01-10", approved: "2019-01-25", started: "2019-03-04", placed: "2019-06-20",
		shares: ids("inv-v01", "inv-v19"), percent: []string{"70", "30"}, villages: ids("inv-v01", "inv-v19"),
		payees: ids("inv-payee-1", "inv-payee-5")},
	// It is given up, and its money goes to another project.
	{id: "inv-p11", name: "电商服务站", sector: "产业", implementer: "inv-agriculture", target: "服务站", value: "12", unit: "个",
		registered: "2019-01-10", approved: "2019-01-25", started: "2019-03-20", placed: "2019-01-15",
		suspended: "2019-05-10", cancelled: "2019-07-12",
		shares: ids("inv-v18"), percent: []string{"100"}, villages: ids("inv-v18"), payees: ids("inv-payee-5")},
	// It waits for its approval.
	{id: "inv-p12", name: "村级光伏电站", sector: "产业", implementer: "inv-agriculture", target: "装机容量", value: "300", unit: "千瓦",
		registered: "2019-11-05", placed: "2019-11-12",
		shares: ids("inv-v12", "inv-v14"), percent: []string{"50", "50"}, villages: ids("inv-v12", "inv-v14"), payees: ids("inv-payee-5")},
}

// linePlan is what one fund gives to one project: how much is set aside and
// when, how much of it is paid out from when to when in how many instalments,
// and how many of the last ones are left open.
type linePlan struct {
	fund, project     domain.ID
	allocated, amount string
	paid, first, last string
	instalments, open int
}

// name tells the lines apart in ids: a-p03.
func (l linePlan) name() string {
	return string(l.fund[len("inv-"):][:1] + "-" + l.project[len("inv-"):])
}

var linePlans = []linePlan{
	{"inv-a-2018", "inv-p01", "2018-03-15", "2400000", "2400000", "2018-03-20", "2018-11-30", 14, 0},
	{"inv-a-2018", "inv-p02", "2018-03-15", "1850000", "1781600", "2018-04-10", "2018-12-10", 12, 0}, // and a corrected payment
	{"inv-a-2018", "inv-p03", "2018-03-15", "3100000", "3100000", "2018-03-28", "2018-11-20", 16, 1}, // the last one is partly returned
	{"inv-a-2018", "inv-p04", "2018-03-15", "1250000", "1250000", "2018-04-25", "2018-12-05", 10, 0},
	{"inv-a-2018", "inv-p05", "2018-03-15", "1600000", "1600000", "2018-05-15", "2018-11-08", 12, 0},
	{"inv-a-2018", "inv-p06", "2018-03-15", "1000000", "1000000", "2018-06-11", "2018-12-12", 8, 0},
	{"inv-b-2018", "inv-p02", "2018-05-10", "1100000", "1100000", "2018-06-05", "2019-05-20", 8, 0},
	{"inv-b-2018", "inv-p07", "2018-05-10", "1500000", "1500000", "2018-07-02", "2019-08-30", 10, 1},
	{"inv-c-2019", "inv-p03", "2019-02-12", "1900000", "1900000", "2019-02-15", "2019-10-10", 14, 0},
	{"inv-c-2019", "inv-p05", "2019-02-12", "1450000", "1300000", "2019-04-01", "2019-11-15", 10, 0},
	{"inv-c-2019", "inv-p08", "2019-02-12", "3200000", "2880000", "2019-03-04", "2019-12-16", 18, 3},
	{"inv-c-2019", "inv-p09", "2019-02-12", "2750000", "2750000", "2019-03-18", "2019-11-29", 16, 1},
	{"inv-c-2019", "inv-p10", "2019-02-12", "4100000", "3900000", "2019-03-15", "2019-12-20", 20, 4},
	{"inv-c-2019", "inv-p11", "2019-02-12", "900000", "", "", "", 0, 0},
	{reimbursing, "inv-p04", "2019-02-25", "850000", "850000", "2019-03-11", "2019-09-20", 6, 0},
	{reimbursing, "inv-p06", "2019-02-25", "950000", "950000", "2019-03-12", "2019-10-15", 7, 0},
	{"inv-e-donations", "inv-p01", "2018-06-01", "386500.50", "386500.50", "2018-06-15", "2018-10-19", 4, 0},
	{"inv-e-donations", "inv-p04", "2018-11-26", "214300", "214300", "2018-12-03", "2019-03-15", 3, 0},
	{"inv-e-donations", "inv-p07", "2019-04-15", "512850.25", "512850.25", "2019-05-06", "2019-09-27", 5, 0},
}

func ids(all ...domain.ID) []domain.ID { return all }

func planOf(id domain.ID) projectPlan {
	for _, p := range projectPlans {
		if p.id == id {
			return p
		}
	}
	return projectPlan{}
}
