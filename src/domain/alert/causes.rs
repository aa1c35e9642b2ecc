//! Reasons that say no more than themselves, and what is wrong with an answer of the platform or with a
//! record in it, in Chinese.

use std::borrow::Cow;

/// Reasons that say no more than themselves.
pub(super) const FIXED: [(&str, &str); 21] = [
    ("it fails", "访问失败"),
    ("Guanke did not answer in time", "冠客平台未及时响应"),
    (
        "Guanke does not accept our credentials, or refused a token it had just given out",
        "冠客平台不接受我们的账号和密码，或拒绝了刚刚发出的令牌",
    ),
    (
        "a window of more than 7 days cannot be asked for",
        "一次不能查询超过 7 天的时段",
    ),
    (
        "a window that ends before it begins cannot be asked for",
        "查询时段的结束早于开始",
    ),
    (
        "the platform gave no total, so nothing proves that these are all",
        "平台没有给出总数，无法证明已读全",
    ),
    (
        "another instance took this day over",
        "另一个实例接手了这一天",
    ),
    ("the day has not begun", "这一天尚未开始"),
    (
        "a task of this program failed; the log says more",
        "本程序的一个任务出错，详见日志",
    ),
    ("cancelled", "已取消"),
    (
        "stopped before its end, because the program was",
        "程序已停止，读取未完成",
    ),
    ("the database cannot be reached", "无法连接数据库"),
    ("the database failed", "数据库出错"),
    (
        "the database's disk is full: somebody has to make room on it",
        "数据库磁盘已满，请清理空间",
    ),
    (
        "the database is read-only: somebody has to look at it",
        "数据库为只读，请检查",
    ),
    (
        "the database's disk fails: somebody has to look at it and at the database's log",
        "数据库磁盘故障，请检查磁盘和数据库日志",
    ),
    (
        "the write breaks a rule of the database",
        "写入违反数据库的约束",
    ),
    ("no key could be derived", "无法生成密钥"),
    ("no key could be made", "无法生成密钥"),
    ("it could not be encrypted", "无法加密"),
    (
        "the transaction met another one and has to be tried again",
        "数据库事务冲突，需要重试",
    ),
];

/// What may be wrong with a record.
const OF_RECORDS: [(&str, &str); 5] = [
    ("record that is no JSON", "不是 JSON"),
    ("record that is no object", "不是对象"),
    ("record without id", "没有编号"),
    ("record without call time", "没有通话时间"),
    ("record with an unreadable call time", "通话时间无法识别"),
];

/// What may be wrong with an answer.
const OF_ANSWERS: [(&str, &str); 10] = [
    ("HTML instead of JSON", "返回的是 HTML，不是 JSON"),
    ("JSON that breaks off", "JSON 不完整"),
    ("no JSON", "不是 JSON"),
    ("a body of more than 64 MB", "内容超过 64 MB"),
    ("code: missing or no number", "code 缺失，或不是数字"),
    ("data: null", "data 为 null"),
    ("data: no JSON", "data 不是 JSON"),
    (
        "data: neither object nor list",
        "data 既不是对象，也不是列表",
    ),
    ("data.token: missing", "缺少 data.token"),
    (
        "data.token: no header value",
        "data.token 不能作为请求头的值",
    ),
];

/// What may be wrong with a field of an answer, behind its name.
const OF_FIELDS: [(&str, &str); 3] = [
    (": no list", "不是列表"),
    (": no object", "不是对象"),
    (": no count", "不是计数"),
];

/// What is wrong with an answer; as it was said, where nobody thought of it.
pub(super) fn of_answer(wrong: &str) -> Cow<'_, str> {
    if let Some(&(_, zh)) = OF_ANSWERS.iter().find(|(en, _)| *en == wrong) {
        return Cow::Borrowed(zh);
    }
    let mut fields = OF_FIELDS.iter();
    let of_field = fields.find_map(|&(en, zh)| Some(format!("{} {zh}", wrong.strip_suffix(en)?)));
    of_field.map_or(Cow::Borrowed(wrong), Cow::Owned)
}

/// What is wrong with a record, behind its id in brackets, if it has one: ` (7): record without id`.
pub(super) fn of_record(wrong: &str) -> Cow<'_, str> {
    let mut known = OF_RECORDS.iter();
    let found = known.find_map(|&(en, zh)| {
        let id = wrong.strip_suffix(en)?.strip_suffix(": ")?;
        let id = id.strip_prefix(" (").and_then(|id| id.strip_suffix(')'));
        let id = id.map(|id| format!("（{id}）")).unwrap_or_default();
        Some(format!("{id}：{zh}"))
    });
    found.map_or(Cow::Borrowed(wrong), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_chinese() {
        for (wrong, zh) in [
            ("no JSON", "不是 JSON"),
            ("data.content[3]: no object", "data.content[3] 不是对象"),
            ("callout_number: no count", "callout_number 不是计数"),
            ("something else", "something else"),
        ] {
            assert_eq!(of_answer(wrong), zh);
        }
        for (wrong, zh) in [
            (": record without id", "：没有编号"),
            (
                " (a: b): record with an unreadable call time",
                "（a: b）：通话时间无法识别",
            ),
            (": something else", ": something else"),
        ] {
            assert_eq!(of_record(wrong), zh);
        }
    }
}
