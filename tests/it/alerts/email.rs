//! E-mail, to a mail server in this process.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dialgraph::{
    domain::{
        alert::{Languages, Notice, Text},
        business_time::BusinessZone,
    },
    notify::{Email, EmailConfig, NotifyError, Sender as _},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
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
