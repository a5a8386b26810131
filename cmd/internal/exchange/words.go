package exchange

// chinese are the names of the fields of commands in the templates and in what
// people write, in the words of the pages. A table parts units and counting words
// with brackets, so there are none in a name.
var chinese = map[string]string{
	"about": "关于", "account": "账户", "activity": "活动", "agreement": "协议", "amount": "金额", "approximate": "约数",
	"attachment": "附件", "bank_card": "银行卡号", "beneficiary": "受益人", "benefits": "各人金额", "blocks": "块数",
	"budget_year": "预算年度", "by": "按", "check": "检查", "code": "代码", "code_year": "代码年份", "columns": "各列",
	"command": "命令", "commercial": "商业", "contact": "监督电话", "content": "所审内容", "county": "所属县",
	"credit_code": "统一社会信用代码", "currency": "币种", "date": "业务日期", "disbursement": "拨付编号",
	"document": "文号", "donor": "捐赠单位", "due_date": "整改期限", "effective_until": "截至日期", "entry": "分录",
	"extends": "扩充自", "field": "字段", "file": "文件", "finding": "问题", "fingerprint": "指纹", "format": "格式",
	"from": "转出", "fund": "资金", "gift": "捐物", "head": "末块", "heading": "列名", "helped": "受帮扶方",
	"helper": "帮扶方", "id": "编号", "id_number": "公民身份号码", "implementer": "实施单位", "import": "导入",
	"indicator": "指标", "invented": "虚构", "item": "物品", "kept": "保留条数", "key": "标识", "kind": "类别",
	"last_day": "有效期至", "length": "字节数", "level": "级别", "line": "对账单流水", "mapping": "对应关系",
	"media_type": "文件类型", "method": "计价方法", "name": "名称", "note": "备注", "notice": "公示",
	"occurrence": "第几次", "organisation": "单位", "other_side": "受帮扶方", "outcome": "结论", "outside": "在活动期间之外",
	"paid": "支出", "pairing": "结对", "pairs": "对数", "parent": "上级", "part_of": "属于", "party": "帮扶方",
	"payee": "收款单位", "payer": "付款单位", "percent": "比例", "period": "期间", "phone": "电话", "place": "地点",
	"places": "各地点金额", "position": "位置", "project": "项目", "projects": "各项目", "provider": "出资单位",
	"provider_name": "出资单位名称", "purpose": "用途", "qualifier": "准确程度", "quantity": "数量", "reason": "原因",
	"received": "收入", "receiver": "领取单位", "receiver_name": "领取单位名称", "recipients": "受援地",
	"reference": "摘要编号", "region": "区域", "reimbursement": "报账制", "repeated": "重复", "report": "报表",
	"request": "拨付申请", "rows": "行数", "sample": "样本", "sector": "领域", "seed": "随机种子", "serial": "银行流水号",
	"severity": "严重程度", "sha256": "SHA-256 校验值", "shares": "地点与比例", "size": "样本量", "skipped": "略过行数",
	"source_amount": "来源金额", "source_reference": "来源编号", "stage": "阶段", "system": "来源系统",
	"targets": "绩效目标", "text": "内容", "threshold": "阈值项", "title": "标题", "to": "转入", "type": "类型",
	"undated": "日期不详", "unit": "计量单位", "until": "截止", "value": "值", "voucher": "凭证号", "year": "年度",
	"zone": "时区",
}

// chineseBefore are names that templates had before, and that people write as
// well.
var chineseBefore = map[string]string{
	"code_year": "区划年份", "date": "日期", "disbursement": "拨付", "donor": "捐赠方", "entry": "记账号",
	"helped": "受援方", "helper": "支援方", "item": "品名", "last_day": "截止日期", "method": "估价方法",
	"occurrence": "次序", "other_side": "对方", "party": "甲方", "payee": "收款方", "payer": "付款方", "places": "落实地点",
	"provider": "出资方", "provider_name": "出资方名称", "qualifier": "限定", "receiver": "接收方",
	"receiver_name": "接收方名称", "request": "申请", "sector": "行业", "shares": "份额", "undated": "日期不明",
	"unit": "单位名", "value": "折款",
}
