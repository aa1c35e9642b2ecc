//! Sockets whose clients have not said who they are, and those whom they keep out: nobody.

use std::net::Ipv6Addr;

use dialgraph::{
    domain::viewer::Role,
    http::{HttpOptions, StreamOptions},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Client, PATIENCE, Running, SUBPROTOCOL, serve, with_streams};
use crate::harness::{Backend, TestApp};

async fn app(streams: StreamOptions) -> TestApp {
    let options = HttpOptions {
        trusted_proxies: 1,
        ..with_streams(streams)
    };
    TestApp::with_options(&Backend::Sqlite, options).await
}

async fn from(running: &Running, address: &str) -> Result<Client, u16> {
    Client::open(running, &[SUBPROTOCOL, ("x-forwarded-for", address)]).await
}

/// All that is answered to a request for a socket that is refused.
async fn refusal(running: &Running, address: &str) -> String {
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    let request = format!(
        "GET /graphql/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\nX-Forwarded-For: {address}\r\n\r\n",
        running.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    answer
}

/// Strangers take no place from those who say who they are, and one address not all of theirs.
#[tokio::test]
async fn strangers_keep_nobody_out() {
    let app = app(StreamOptions {
        most: 1,
        most_unknown: 3,
        most_unknown_an_address: 2,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    let [first, second] = [
        from(&running, "203.0.113.5").await,
        from(&running, "203.0.113.5").await,
    ];
    assert_eq!(from(&running, "203.0.113.5").await.err(), Some(503));
    // It says whose places are taken.
    let message = "your network has 2 WebSockets open whose clients have not sent a connection_init that was accepted, and may have no more of them: try again later";
    let refused = refusal(&running, "203.0.113.5").await;
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains(message),
        "{refused}"
    );
    let mut client = from(&running, "198.51.100.7").await.unwrap();
    // All places are taken: whoever has waited longest goes, and says why.
    let _newest = from(&running, "192.0.2.1").await.unwrap();
    let closed = first.unwrap().next().await;
    assert_eq!(closed[0], 1013, "{closed}");
    assert!(
        closed[1].as_str().unwrap().contains("try again"),
        "{closed}"
    );
    client.init(&app.token(Role::Analyst)).await;
    assert_eq!(client.next().await["type"], "connection_ack");
    second.unwrap().settle().await;
}

/// Whoever has a network of IPv6 has one share, in whichever of its addresses they come; an IPv4
/// address is one, however it is written.
#[tokio::test]
async fn a_network_has_one_share() {
    let app = app(StreamOptions {
        most_unknown_an_address: 3,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    for (addresses, another) in [
        (
            [
                "2001:db8::1",
                "2001:db8::2",
                "2001:db8:0:0:ffff::",
                "2001:db8::3",
            ],
            "2001:db8:0:1::1",
        ),
        (
            [
                "203.0.113.5",
                "::ffff:203.0.113.5",
                "::ffff:cb00:7105",
                "203.0.113.5",
            ],
            "::ffff:203.0.113.6",
        ),
        (
            [
                "64:ff9b::c633:6407",
                "198.51.100.7",
                "64:ff9b::c633:6407",
                "::ffff:198.51.100.7",
            ],
            "64:ff9b::c633:6408",
        ),
    ] {
        let mut waiting = Vec::new();
        for address in &addresses[..3] {
            waiting.push(from(&running, address).await.unwrap());
        }
        assert_eq!(
            from(&running, addresses[3]).await.err(),
            Some(503),
            "{addresses:?}"
        );
        assert!(from(&running, another).await.is_ok(), "{another}");
        // Who says who they are gives the share back.
        let mut client = waiting.pop().unwrap();
        client.init(&app.token(Role::Analyst)).await;
        assert_eq!(client.next().await["type"], "connection_ack");
        assert!(from(&running, addresses[3]).await.is_ok(), "{addresses:?}");
    }
}

/// A network that opens as many sockets as it can takes a small part of the places, and many networks
/// that do keep nobody from coming in.
#[tokio::test]
async fn no_flood_shuts_the_door() {
    let usual = StreamOptions::default();
    assert!(usual.most_unknown_an_address * 20 <= usual.most_unknown);
    let app = app(StreamOptions {
        most_unknown: 20,
        most_unknown_an_address: 5,
        ..usual
    })
    .await;
    let running = serve(&app).await;
    let mut flood = Vec::new();
    for host in 0..30 {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host);
        flood.extend(from(&running, &address.to_string()).await);
    }
    assert_eq!(flood.len(), 5);
    for network in 1..60 {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0, network, 0, 0, 0, 1);
        flood.push(from(&running, &address.to_string()).await.unwrap());
        if network % 20 == 0 {
            let mut client = from(&running, "198.51.100.7").await.unwrap();
            client.init(&app.token(Role::Analyst)).await;
            assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
        }
    }
    // All but the newest have been closed.
    let (gone, waiting) = flood.split_at_mut(64 - 20);
    for client in gone {
        assert_eq!(client.closed().await, 1013);
    }
    for client in waiting {
        client.settle().await;
    }
}
