//! E-mail, to a mail server in this process.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use dialgraph::{
    domain::{
        alert::{Languages, Notice, Text},
        business_time::BusinessZone,
    },
    notify::{Email, EmailConfig, NotifyError, Sender as _},
    service::alerts::Channels,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{CALLS, a_day_fails, look, telling_by_channels};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

/// All lines that clients said, one conversation after the other.
type Said = Arc<Mutex<Vec<String>>>;

/// A mail server that takes everything, or says `refusal` to the first receiver; its port and what it
/// heard.
async fn mail_server(refusal: Option<&'static str>) -> (u16, Said) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said: Said = Arc::default();
    let heard = said.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            converse(stream, refusal, &heard).await;
        }
    });
    (port, said)
}

async fn converse(stream: TcpStream, refusal: Option<&str>, heard: &Said) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail\r\n").await.unwrap();
    let (mut line, mut is_data) = (String::new(), false);
    while stream.read_line(&mut line).await.unwrap_or_default() > 0 {
        let text = std::mem::take(&mut line);
        let text = text.trim_end();
        heard.lock().unwrap().push(text.to_owned());
        let answer = match text {
            "." if is_data => {
                is_data = false;
                "250 taken"
            }
            _ if is_data => continue,
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            text if text.starts_with("EHLO") => "250-mail\r\n250 AUTH PLAIN",
            text if text.starts_with("AUTH") => "235 come in",
            text if text.starts_with("RCPT") => refusal.unwrap_or("250 ok"),
            _ => "250 ok",
        };
        if stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}

fn email(port: u16) -> Email {
    Email::new(&EmailConfig {
        server: &format!("smtp://me:pa55word@127.0.0.1:{port}").into(),
        from: "dialgraph <alerts@example.com>",
        to: &["a@example.com".to_owned(), "b@example.com".to_owned()],
    })
    .unwrap()
}

fn notice() -> Notice {
    Notice {
        id: "7".to_owned(),
        at: "2026-11-20T04:00:00Z".parse().unwrap(),
        message: Text::new("一切正常", "nothing is wrong"),
        languages: Languages::Both,
        zone: BusinessZone::default(),
        about: None,
        database: None,
    }
}

/// The subject and the words of the last message, as the receiver reads them.
fn last_message(said: &Said) -> (String, String) {
    let said = said.lock().unwrap();
    let begin = said.iter().rposition(|line| line == "DATA").unwrap();
    let message = &said[begin + 1..];
    let mut head = message.iter().take_while(|line| !line.is_empty());
    let subject = head
        .find_map(|line| line.strip_prefix("Subject: "))
        .unwrap();
    let folded = head.take_while(|line| line.starts_with(' '));
    let words = folded.fold(subject.to_owned(), |words, line| words + line);
    // Words in UTF-8 and base64, as RFC 2047 has them; blanks between two of them are none.
    let subject = words
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| {
            match word
                .strip_prefix("=?utf-8?b?")
                .and_then(|word| word.strip_suffix("?="))
            {
                Some(encoded) => String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap(),
                None => format!("{word} "),
            }
        });
    let subject = subject.collect::<String>().trim_end().to_owned();
    let body = message.iter().skip_while(|line| !line.is_empty()).skip(1);
    let body: Vec<String> = body.take_while(|line| *line != ".").cloned().collect();
    let is_encoded = message
        .iter()
        .any(|line| line == "Content-Transfer-Encoding: base64");
    let body = if is_encoded {
        String::from_utf8(STANDARD.decode(body.concat()).unwrap()).unwrap()
    } else {
        body.join("\n")
    };
    (subject, body.replace("\r\n", "\n").trim_end().to_owned())
}

on_both! {
    /// The end of an alert goes out by e-mail in its own words, in the languages that are configured.
    an_end_is_told_by_email = async |backend: Backend| {
        for (languages, subject, expected) in [
            (Languages::Both, "【已恢复】dialgraph 通话记录：数据未能完整同步，2026-11-19", "\
【已恢复】dialgraph 通话记录：数据未能完整同步，2026-11-19
[Recovered] dialgraph: a day is incomplete, 2026-11-19

已恢复：2026-11-19 的通话记录读取，持续 7 分钟
recovered: reading call records of 2026-11-19, lasted 7 min
开始 / since: 2026-11-20 12:01:00 (Asia/Shanghai)
恢复 / over: 2026-11-20 12:08:00 (Asia/Shanghai)
"),
            (Languages::Chinese, "【已恢复】dialgraph 通话记录：数据未能完整同步，2026-11-19", "\
【已恢复】dialgraph 通话记录：数据未能完整同步，2026-11-19

已恢复：2026-11-19 的通话记录读取，持续 7 分钟
开始：2026-11-20 12:01:00 (Asia/Shanghai)
恢复：2026-11-20 12:08:00 (Asia/Shanghai)
"),
            (Languages::English, "[Recovered] dialgraph: a day is incomplete, 2026-11-19", "\
[Recovered] dialgraph: a day is incomplete, 2026-11-19

recovered: reading call records of 2026-11-19, lasted 7 min
since: 2026-11-20 12:01:00 (Asia/Shanghai)
over: 2026-11-20 12:08:00 (Asia/Shanghai)
"),
        ] {
            let app = TestApp::new(&backend).await;
            let (port, said) = mail_server(None).await;
            let channels = Channels::new(vec![Box::new(email(port))]).in_languages(languages);
            let alerts = telling_by_channels(&app, channels);
            app.clock.advance(TimeDelta::minutes(1));
            a_day_fails(&app).await;
            assert_eq!(look(&alerts).await, 1);
            assert_eq!(alerts.outbox.send_due().await.unwrap(), 1);
            let (opened, _) = last_message(&said);
            assert!(opened.starts_with(if languages == Languages::English { "[Alert]" } else { "【告警】" }), "{opened}");
            app.synced(CALLS, "2026-11-19", "2026-11-19").await;
            app.clock.set("2026-11-20T04:08:00Z".parse().unwrap());
            assert_eq!(look(&alerts).await, 1);
            assert_eq!(alerts.outbox.send_due().await.unwrap(), 1);
            assert_eq!(last_message(&said), (subject.to_owned(), expected.trim_end().to_owned()));
            assert_eq!(alerts.outbox.send_due().await.unwrap(), 0, "once");
        }
    };
}

#[tokio::test]
async fn an_email_has_a_sender_receivers_a_subject_and_the_words() {
    let (port, said) = mail_server(None).await;
    email(port).send(&notice(), notice().at).await.unwrap();
    let said = said.lock().unwrap().clone();
    let login = format!("AUTH PLAIN {}", STANDARD.encode("\0me\0pa55word"));
    assert!(said.contains(&login), "{said:#?}");
    for line in [
        "RCPT TO:<a@example.com>",
        "RCPT TO:<b@example.com>",
        "From: dialgraph <alerts@example.com>",
        "To: a@example.com, b@example.com",
        "Message-ID: <alert-7@example.com>",
        "Date: Fri, 20 Nov 2026 04:00:00 +0000",
    ] {
        assert!(said.iter().any(|found| found == line), "{line}: {said:#?}");
    }
    let body = said.iter().skip_while(|line| !line.is_empty()).skip(1);
    let body: String = body.take_while(|line| *line != ".").cloned().collect();
    let body = String::from_utf8(STANDARD.decode(&body).unwrap()).unwrap();
    assert_eq!(
        body.replace("\r\n", "\n"),
        "【测试】dialgraph 告警通道\n[Test] dialgraph alerts\n\n一切正常\nnothing is wrong\n"
    );
}

#[tokio::test]
async fn a_refusal_is_told_without_the_password() {
    let (port, _) = mail_server(Some("550 nobody pa55word here")).await;
    let error = email(port).send(&notice(), notice().at).await.unwrap_err();
    let NotifyError::Refused(said) = error else {
        panic!("{error:?}");
    };
    assert!(said.contains("nobody … here"), "{said}");
}
