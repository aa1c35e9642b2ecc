//! Why a day could not be read, or the platform is not asked, in the languages of messages.
//!
//! Days and tracks keep reasons as the sentences of the errors, in English and with instants in UTC: they
//! are read here.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::{Text, causes};
use crate::domain::{
    business_time::BusinessZone,
    counting::{counted, verb},
};

/// How instants are written in reasons.
const INSTANT: &str = "%Y-%m-%d %H:%M:%S UTC";

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A sentence that has one translation.
    Fixed(&'static str),
    /// The connection could not be made, or broke.
    Unreachable(String),
    /// Another HTTP status than that of success.
    Status(String),
    /// The platform says that it failed.
    Refused {
        /// With this code.
        code: String,
        /// In its own words.
        message: String,
    },
    /// An answer that is not what the protocol says.
    Malformed(String),
    /// The platform wants fewer requests.
    SlowDown {
        /// None for so many seconds.
        seconds: Option<String>,
    },
    /// The platform's token could not be read or kept, because of this.
    Token(String),
    /// Too many wait to write.
    Busy {
        /// For so many seconds, about.
        seconds: String,
    },
    /// The client was configured in a way that cannot work.
    Misconfigured(String),
    /// The platform is left alone.
    Paused {
        /// Up to then.
        until: DateTime<Utc>,
        /// What failed last.
        because: String,
    },
    /// Not as many records as the platform counts could be read.
    Mismatch {
        /// What it counts.
        expected: u64,
        /// What could be read.
        seen: u64,
    },
    /// The platform counts another number each time.
    Moving {
        /// The lowest.
        least: u64,
        /// The highest.
        most: u64,
    },
    /// Many calls that are stored are not given any more.
    TooManyGone {
        /// How many.
        gone: u64,
        /// Of how many.
        stored: u64,
    },
    /// Not every call that was listed is stored.
    NotStored {
        /// How many were listed.
        listed: u64,
        /// How many of them are stored.
        stored: u64,
    },
    /// Calls of a time that has not come yet.
    FutureDated {
        /// How many.
        count: u64,
        /// The id of the first.
        id: String,
        /// Its time.
        time: DateTime<Utc>,
    },
    /// Records that cannot be stored.
    Unusable {
        /// How many.
        count: u64,
        /// What is wrong with the first, with its id in brackets if it has one.
        first: String,
    },
    /// The platform's figures contradict each other.
    TotalsDisagree {
        /// Whether they are those of accounts; of tasks otherwise.
        of_accounts: bool,
        /// The sum of its rows.
        sum: i64,
        /// Its own total.
        total: i64,
    },
    /// Parts of the day could not be proven whole.
    Incomplete {
        /// Why the first of them.
        because: String,
        /// How many others there are.
        others: u64,
    },
    /// The calls of so old a day are not kept.
    NotKept(NaiveDate),
    /// Anything else, in the words of the error.
    Other(String),
}

impl Reason {
    /// The reason that a sentence says.
    #[must_use]
    pub fn read(said: &str) -> Self {
        Self::fixed(said)
            .or_else(|| Self::of_part(said))
            .or_else(|| Self::of_platform(said))
            .or_else(|| Self::of_day(said))
            .unwrap_or_else(|| Self::Other(said.to_owned()))
    }

    fn fixed(said: &str) -> Option<Self> {
        let (_, zh) = causes::FIXED.iter().find(|(en, _)| *en == said)?;
        Some(Self::Fixed(zh))
    }

    /// Reasons that have another one in them.
    fn of_part(said: &str) -> Option<Self> {
        let paused = "the platform is left alone until {}, because it failed too often: {}";
        if let Some([until, because]) = blanks(said, paused) {
            return Some(Self::Paused {
                until: instant(until)?,
                because: because.to_owned(),
            });
        }
        let incomplete = |because: &str, others| Self::Incomplete {
            because: because.to_owned(),
            others,
        };
        if let Some([because]) = blanks(said, "{}; and so is another part of the day") {
            return Some(incomplete(because, 1));
        }
        let [because, others] = blanks(said, "{}; and so are {} other parts of the day")?;
        Some(incomplete(because, number(others)?))
    }

    fn of_platform(said: &str) -> Option<Self> {
        let text = |form: &str| blanks(said, form).map(|[text]| text.to_owned());
        if let Some(cause) = text("Guanke could not be reached: {}") {
            return Some(Self::Unreachable(cause));
        }
        if let Some(status) = text("Guanke answered with HTTP status {}") {
            return Some(Self::Status(status));
        }
        if let Some([code, message]) = blanks(said, "Guanke answered with code {}: {}") {
            let (code, message) = (code.to_owned(), message.to_owned());
            return Some(Self::Refused { code, message });
        }
        if let Some(wrong) = text("Guanke's answer makes no sense: {}") {
            return Some(Self::Malformed(wrong));
        }
        if let Some(wrong) = text("the Guanke client is misconfigured: {}") {
            return Some(Self::Misconfigured(wrong));
        }
        if let Some(because) = text("the Guanke token could not be read or kept: {}") {
            return Some(Self::Token(because));
        }
        if let Some(seconds) = text("too many writes are waiting; try again in {} s") {
            return Some(Self::Busy { seconds });
        }
        let slower = "Guanke asks us to slow down";
        if said == slower {
            return Some(Self::SlowDown { seconds: None });
        }
        let seconds = text(&format!(
            "{slower}, and to ask again in {{}} s at the earliest"
        ))?;
        Some(Self::SlowDown {
            seconds: Some(seconds),
        })
    }

    fn of_day(said: &str) -> Option<Self> {
        if let Some([expected, seen]) = blanks(said, "the platform counts {}, and {} could be read")
        {
            let (expected, seen) = (number(expected)?, number(seen)?);
            return Some(Self::Mismatch { expected, seen });
        }
        if let Some([least, most]) = blanks(said, "the platform counts {}, and then {}") {
            let (least, most) = (number(least)?, number(most)?);
            return Some(Self::Moving { least, most });
        }
        let gone = "the platform does not give {} of {} any more that are stored; {}";
        if let Some([gone, stored, _]) = blanks(said, gone) {
            let (gone, stored) = (number(gone)?, number(stored)?);
            return Some(Self::TooManyGone { gone, stored });
        }
        let listed = "the platform listed {}, of which {} stored";
        if let Some([listed, stored]) = blanks(said, listed) {
            let (listed, stored) = (number(listed)?, number(stored)?);
            return Some(Self::NotStored { listed, stored });
        }
        let future = "{} dated in the future, the first one ({}) {}: {} stored, and the day is not complete while the platform has {} so";
        if let Some([count, id, time, ..]) = blanks::<5>(said, future) {
            return Some(Self::FutureDated {
                count: number(count)?,
                id: id.to_owned(),
                time: instant(time)?,
            });
        }
        if let Some([count, first]) = blanks(said, "{} cannot be used; the first one{}") {
            return Some(Self::Unusable {
                count: number(count)?,
                first: first.to_owned(),
            });
        }
        let totals = "the platform's {} rows add up to {} dialled, and its total says {}";
        if let Some([kind, sum, total]) = blanks(said, totals) {
            return Some(Self::TotalsDisagree {
                of_accounts: kind == "account",
                sum: sum.parse().ok()?,
                total: total.parse().ok()?,
            });
        }
        let kept = "calls of days before {} are not kept any more (RETENTION_CALL_DAYS): the figures stay what they are";
        let [day] = blanks(said, kept)?;
        Some(Self::NotKept(day.parse().ok()?))
    }

    fn chinese(&self, zone: BusinessZone) -> String {
        match self {
            Self::Fixed(zh) => (*zh).to_owned(),
            Self::Unreachable(cause) => format!("无法连接冠客平台（{cause}）"),
            Self::Status(status) => format!("冠客平台返回 HTTP 状态 {status}"),
            Self::Refused { code, message } => format!("冠客平台返回错误码 {code}：{message}"),
            Self::Malformed(wrong) => {
                let wrong = causes::of_answer(wrong);
                format!("冠客平台的响应无法解析（{wrong}）")
            }
            Self::Token(because) => {
                let because = reason(because, zone).zh;
                format!("冠客平台的令牌无法读取或保存：{because}")
            }
            Self::Busy { seconds } => format!("等待写入的请求过多，请 {seconds} 秒后再试"),
            Self::SlowDown { seconds: None } => "冠客平台要求放慢访问".to_owned(),
            Self::SlowDown {
                seconds: Some(seconds),
            } => format!("冠客平台要求放慢访问，至少 {seconds} 秒后再试"),
            Self::Misconfigured(wrong) => format!("冠客客户端配置有误（{wrong}）"),
            Self::Paused { until, because } => {
                let (until, because) = (zone.wall_clock(*until), reason(because, zone).zh);
                format!("平台失败次数过多，暂停访问至 {until}：{because}")
            }
            Self::Mismatch { expected, seen } => {
                format!("平台统计为 {expected} 条记录，实际读到 {seen} 条")
            }
            Self::Moving { least, most } => {
                format!("平台统计的条数不断变化：最少 {least} 条，最多 {most} 条")
            }
            Self::TooManyGone { gone, stored } => format!(
                "已存储的 {stored} 条通话中，有 {gone} 条平台不再给出；如属有意删除，请对这些日期运行 `dialgraph sync --accept-removals`"
            ),
            Self::NotStored { listed, stored } => {
                format!("平台列出 {listed} 条通话，其中 {stored} 条已存储")
            }
            Self::FutureDated { count, id, time } => {
                let time = zone.wall_clock(*time);
                format!(
                    "{count} 条记录的时间在未来，第一条（{id}）为 {time}：记录已存储，平台更正之前这一天不算完整"
                )
            }
            Self::Unusable { count, first } => {
                let first = causes::of_record(first);
                format!("{count} 条记录无法使用，第一条{first}")
            }
            Self::TotalsDisagree {
                of_accounts,
                sum,
                total,
            } => {
                let of = if *of_accounts { "账号" } else { "任务" };
                format!("平台各{of}的呼出数合计为 {sum}，而它的总计为 {total}")
            }
            Self::Incomplete { because, others } => {
                let because = reason(because, zone).zh;
                format!("{because}；当天另有 {others} 个时段也是如此")
            }
            Self::NotKept(day) => {
                format!("{day} 之前的通话已不再保留（RETENTION_CALL_DAYS）：统计数字保持不变")
            }
            Self::Other(said) => said.clone(),
        }
    }

    /// As it was `said`, but for instants.
    fn english(&self, said: &str, zone: BusinessZone) -> String {
        match self {
            Self::Paused { until, because } => {
                let (until, because) = (zone.wall_clock(*until), reason(because, zone).en);
                format!(
                    "the platform is left alone until {until}, because it failed too often: {because}"
                )
            }
            Self::FutureDated { count, id, time } => format!(
                "{} {} dated in the future, the first one ({id}) {}: {} stored, and the day is not complete while the platform has {} so",
                counted(*count, "record"),
                verb(count, "is", "are"),
                zone.wall_clock(*time),
                verb(count, "it is", "they are"),
                verb(count, "it", "them"),
            ),
            Self::Incomplete { because, .. } => {
                let en = reason(because, zone).en;
                said.replacen(because.as_str(), &en, 1)
            }
            _ => said.to_owned(),
        }
    }
}

/// A reason in both languages, with times of `zone`.
#[must_use]
pub(super) fn reason(said: &str, zone: BusinessZone) -> Text {
    let reason = Reason::read(said);
    Text::new(reason.chinese(zone), reason.english(said, zone))
}

/// What stands in a text in the place of each `{}` of its form.
fn blanks<'a, const N: usize>(text: &'a str, form: &str) -> Option<[&'a str; N]> {
    let (first, mut form) = form.split_once("{}")?;
    let mut rest = text.strip_prefix(first)?;
    let mut found = [""; N];
    for (at, blank) in found.iter_mut().enumerate() {
        let (behind, is_last) = match form.split_once("{}") {
            Some((behind, more)) => {
                form = more;
                (behind, false)
            }
            None => (form, true),
        };
        if is_last != (at + 1 == N) {
            return None;
        }
        let end = if is_last {
            rest.strip_suffix(behind)?.len()
        } else {
            rest.find(behind)?
        };
        *blank = &rest[..end];
        rest = &rest[end + behind.len()..];
    }
    Some(found)
}

/// The number that a text begins with: `2 records`.
fn number(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let instant = NaiveDateTime::parse_from_str(text, INSTANT).ok()?;
    Some(instant.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_both_languages_and_in_the_time_of_the_business() {
        for (said, zh, en) in [
            ("Guanke did not answer in time", "冠客平台未及时响应", ""),
            (
                "the platform is left alone until 2026-11-20 04:01:00 UTC, because it failed too often: Guanke answered with HTTP status 502",
                "平台失败次数过多，暂停访问至 2026-11-20 12:01:00：冠客平台返回 HTTP 状态 502",
                "the platform is left alone until 2026-11-20 12:01:00, because it failed too often: Guanke answered with HTTP status 502",
            ),
            (
                "2 records are dated in the future, the first one (c-7) 2026-11-20 20:00:00 UTC: they are stored, and the day is not complete while the platform has them so",
                "2 条记录的时间在未来，第一条（c-7）为 2026-11-21 04:00:00：记录已存储，平台更正之前这一天不算完整",
                "2 records are dated in the future, the first one (c-7) 2026-11-21 04:00:00: they are stored, and the day is not complete while the platform has them so",
            ),
            (
                "the platform counts 1 record, and 0 could be read; and so are 2 other parts of the day",
                "平台统计为 1 条记录，实际读到 0 条；当天另有 2 个时段也是如此",
                "",
            ),
            (
                "1 record is dated in the future, the first one (7) 2026-11-20 20:00:00 UTC: it is stored, and the day is not complete while the platform has it so; and so is another part of the day",
                "1 条记录的时间在未来，第一条（7）为 2026-11-21 04:00:00：记录已存储，平台更正之前这一天不算完整；当天另有 1 个时段也是如此",
                "1 record is dated in the future, the first one (7) 2026-11-21 04:00:00: it is stored, and the day is not complete while the platform has it so; and so is another part of the day",
            ),
            (
                "Guanke asks us to slow down, and to ask again in 30 s at the earliest",
                "冠客平台要求放慢访问，至少 30 秒后再试",
                "",
            ),
            (
                "the platform's account rows add up to 8 dialled, and its total says 9",
                "平台各账号的呼出数合计为 8，而它的总计为 9",
                "",
            ),
            (
                "2 records cannot be used; the first one (c-7): record without call time",
                "2 条记录无法使用，第一条（c-7）：没有通话时间",
                "",
            ),
            (
                "Guanke's answer makes no sense: HTML instead of JSON",
                "冠客平台的响应无法解析（返回的是 HTML，不是 JSON）",
                "",
            ),
            (
                "the Guanke token could not be read or kept: too many writes are waiting; try again in 3 s",
                "冠客平台的令牌无法读取或保存：等待写入的请求过多，请 3 秒后再试",
                "",
            ),
            // Nothing is lost of what nobody thought of.
            ("something else", "something else", ""),
        ] {
            let en = if en.is_empty() { said } else { en };
            let expected = Text::new(zh, en);
            assert_eq!(reason(said, BusinessZone::default()), expected);
        }
    }
}
