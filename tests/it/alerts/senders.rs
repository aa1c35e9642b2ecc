//! What receivers see: signatures, words, and no secrets.

use std::process::Output;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dialgraph::{
    domain::{
        alert::{
            AlertChannel, AlertEvent, AlertKind, Languages, Notice, NoticeAlert, Subject, Text,
            recovered,
        },
        business_time::BusinessZone,
    },
    notify::{Dingtalk, NotifyError, Sender, Webhook},
};
use serde_json::json;

use super::{CALLS, WEBHOOK_SECRET, a_day_fails, look, posting_to, receiver::Receiver, telling_by};
use crate::{
    cli::dialgraph,
    harness::{Backend, TestApp, day},
    on_both,
};

fn hmac(secret: &str, text: &str) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, text.as_bytes())
}

fn notice() -> Notice {
    Notice {
        id: "7".to_owned(),
        at: "2026-11-20T04:00:00Z".parse().unwrap(),
        message: Text::new(
            "2026-11-19：[点](http://x) @all",
            "2026-11-19: [click](http://x) @all",
        ),
        languages: Languages::Both,
        zone: BusinessZone::default(),
        about: Some(NoticeAlert {
            id: 3,
            event: AlertEvent::Opened,
            kind: AlertKind::DayFailed,
            subject: Subject {
                day: Some(day("2026-11-19")),
                ..Subject::track(CALLS)
            },
            opened_at: "2026-11-20T03:59:00Z".parse().unwrap(),
            resolved_at: None,
        }),
        database: None,
    }
}

on_both! {
    /// A webhook says all that there is to say, and is signed.
    a_webhook_is_signed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        a_day_fails(&app).await;
        look(&alerts).await;
        alerts.outbox.send_due().await.unwrap();
        let received = receiver.received().pop().unwrap();
        let header = |name| received.headers[name].to_str().unwrap().to_owned();
        let timestamp = header("x-dialgraph-timestamp");
        assert_eq!(timestamp, app.now().timestamp().to_string());
        let signed = hex::encode(hmac(WEBHOOK_SECRET, &format!("{timestamp}.{}", received.body)));
        assert_eq!(header("x-dialgraph-signature"), format!("sha256={signed}"));
        assert_eq!(header("content-type"), "application/json");
        let mut body = received.json();
        assert_eq!(body["id"], header("x-dialgraph-delivery"));
        assert!(body["alert"]["id"].take().is_i64() && body["id"].take().is_string());
        assert_eq!(body, json!({
            "id": null, "event": "OPENED", "at": "2026-11-20T04:00:00Z",
            "message": "2026-11-19: call records could not be read whole: Guanke answered with HTTP status 502",
            "messageZh": "2026-11-19：通话记录未能完整读取：冠客平台返回 HTTP 状态 502",
            "alert": {
                "id": null, "kind": "DAY_FAILED", "track": "CALL_RECORDS", "date": "2026-11-19",
                "runId": null, "openedAt": "2026-11-20T04:00:00Z", "resolvedAt": null,
            },
        }));
    };

    /// One channel that fails holds up no other.
    channels_do_not_wait_for_each_other = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (good, bad) = (Receiver::start().await, Receiver::start().await);
        good.answer(200, r#"{"errcode":0,"errmsg":"ok"}"#);
        bad.answer(500, "");
        let webhook = Webhook::new(&bad.url("/").into(), None).unwrap();
        let dingtalk = Dingtalk::new(&good.url("/robot").into(), None).unwrap();
        let alerts = telling_by(&app, vec![Box::new(webhook), Box::new(dingtalk)]);
        a_day_fails(&app).await;
        look(&alerts).await;
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 1);
        assert_eq!((good.received().len(), bad.received().len()), (1, 1));
    };
}

#[tokio::test]
async fn dingtalk_gets_markdown_in_two_languages_and_a_signature() {
    let receiver = Receiver::start().await;
    receiver.answer(200, r#"{"errcode":0,"errmsg":"ok"}"#);
    let url = receiver.url("/robot/send?access_token=t0ken").into();
    let dingtalk = Dingtalk::new(&url, Some("SECx".into())).unwrap();
    assert_eq!(dingtalk.channel(), AlertChannel::Dingtalk);
    let notice = notice();
    dingtalk.send(&notice, notice.at).await.unwrap();
    let received = receiver.received().pop().unwrap();
    assert_eq!(received.path, "/robot/send");
    assert_eq!(received.query["access_token"], "t0ken");
    assert_eq!(received.query["timestamp"], "1795147200000");
    let sign = STANDARD.encode(hmac("SECx", "1795147200000\nSECx"));
    assert_eq!(received.query["sign"], sign);
    let title = "【告警】dialgraph 通话记录：数据未能完整同步，2026-11-19";
    let text = "\n\n**[Alert] dialgraph: a day is incomplete, 2026-11-19**\n\n\
        2026-11-19：\\[点\\](http://x) ＠all\n\n2026-11-19: \\[click\\](http://x) ＠all\n\n\
        开始 / since: 2026-11-20 11:59:00 (Asia/Shanghai)";
    let text = format!("#### {title}{text}");
    let markdown = json!({ "msgtype": "markdown", "markdown": { "title": title, "text": text } });
    assert_eq!(received.json(), markdown);
}

/// Who reads one language is told in that one, and that it is over in its own words.
#[tokio::test]
async fn one_language_is_enough() {
    let receiver = Receiver::start().await;
    let dingtalk = Dingtalk::new(&receiver.url("/robot").into(), None).unwrap();
    let webhook = Webhook::new(&receiver.url("/hook").into(), None).unwrap();
    let opened = notice();
    let mut about = opened.about.unwrap();
    about.event = AlertEvent::Resolved;
    about.resolved_at = Some("2026-11-20T04:06:00Z".parse().unwrap());
    let lasted = chrono::TimeDelta::minutes(7);
    let over = |languages| Notice {
        message: recovered(about.kind, &about.subject, lasted),
        about: Some(about),
        languages,
        ..opened.clone()
    };
    for (languages, title, text, message) in [
        (
            Languages::Chinese,
            "【已恢复】dialgraph 通话记录：数据未能完整同步，2026-11-19",
            "已恢复：2026-11-19 的通话记录读取，持续 7 分钟\n\n开始：2026-11-20 11:59:00 (Asia/Shanghai)\n\n恢复：2026-11-20 12:06:00 (Asia/Shanghai)",
            "已恢复：2026-11-19 的通话记录读取，持续 7 分钟",
        ),
        (
            Languages::English,
            "[Recovered] dialgraph: a day is incomplete, 2026-11-19",
            "recovered: reading call records of 2026-11-19, lasted 7 min\n\nsince: 2026-11-20 11:59:00 (Asia/Shanghai)\n\nover: 2026-11-20 12:06:00 (Asia/Shanghai)",
            "recovered: reading call records of 2026-11-19, lasted 7 min",
        ),
    ] {
        let notice = over(languages);
        receiver.answer(200, r#"{"errcode":0,"errmsg":"ok"}"#);
        dingtalk.send(&notice, notice.at).await.unwrap();
        let told = receiver.received().pop().unwrap().json();
        assert_eq!(
            told["markdown"],
            json!({ "title": title, "text": format!("#### {title}\n\n{text}") })
        );
        webhook.send(&notice, notice.at).await.unwrap();
        let told = receiver.received().pop().unwrap().json();
        assert_eq!(
            (&told["message"], &told["messageZh"]),
            (&json!(message), &json!(null))
        );
    }
}

#[tokio::test]
async fn dingtalk_says_no_in_an_http_200() {
    let receiver = Receiver::start().await;
    let url = receiver.url("/?access_token=t0ken").into();
    let dingtalk = Dingtalk::new(&url, Some("SECx".into())).unwrap();
    let notice = notice();
    for (answer, error) in [
        (
            r#"{"errcode":310000,"errmsg":"sign not match: SECx"}"#,
            NotifyError::Refused("310000 sign not match: …".to_owned()),
        ),
        ("<html>", NotifyError::Malformed),
        ("{}", NotifyError::Malformed),
    ] {
        receiver.answer(200, answer);
        assert_eq!(dingtalk.send(&notice, notice.at).await, Err(error));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let receiver = Receiver::start().await;
    receiver.answer(307, "");
    let webhook = Webhook::new(&receiver.url("/hook").into(), None).unwrap();
    let sent = webhook.send(&notice(), notice().at).await;
    assert_eq!(sent, Err(NotifyError::Status(307)));
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert!(!received[0].headers.contains_key("x-dialgraph-signature"));
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/pa55word?access_token=pa55word").into();
    let senders: [Box<dyn Sender>; 2] = [
        Box::new(Webhook::new(&url, None).unwrap()),
        Box::new(Dingtalk::new(&url, None).unwrap()),
    ];
    for sender in senders {
        let error = sender.send(&notice(), notice().at).await.unwrap_err();
        assert!(matches!(error, NotifyError::Exchange(_)), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("pa55word"));
    }
}

/// `dialgraph alert test` with these variables.
async fn alert_test(variables: &[(&'static str, String)]) -> (Output, String) {
    let variables = variables.to_vec();
    let output = tokio::task::spawn_blocking(move || {
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        dialgraph(&["alert", "test"], &variables)
    });
    let output = output.await.unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8(said).unwrap();
    (output, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tries_every_channel_and_says_no_secrets() {
    let receiver = Receiver::start().await;
    let hook = ("ALERT_WEBHOOK_URL", receiver.url("/pa55word"));
    let secret = ("ALERT_WEBHOOK_SECRET", "pa55word-pa55word".to_owned());
    let (output, said) = alert_test(&[hook.clone(), secret.clone()]).await;
    assert_eq!(
        (output.status.code(), said.as_str()),
        (Some(0), "WEBHOOK: taken\n")
    );
    assert_eq!(receiver.events(), ["TEST"]);

    receiver.answer(200, "{}");
    receiver.answer(200, "{}");
    let robot = (
        "ALERT_DINGTALK_URL",
        receiver.url("/?access_token=pa55word"),
    );
    let (output, said) = alert_test(&[hook, secret, robot]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said,
        "WEBHOOK: taken\nDINGTALK: the answer cannot be understood\n"
    );

    let (output, said) =
        alert_test(&[("ALERT_SMTP_URL", "smtps://me:pa55word@x".to_owned())]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("ALERT_EMAIL_FROM") && !said.contains("pa55word"),
        "{said}"
    );
    let (output, said) = alert_test(&[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("ALERT_WEBHOOK_URL"), "{said}");
}
