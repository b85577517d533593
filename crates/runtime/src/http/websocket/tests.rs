//! Tests of both sides of the WebSocket over real sockets.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use units::Span;

use super::*;
use crate::client::{CallError, Endpoint, connect_websocket};
use crate::http::{Limits, Listener, Request, serve};
use crate::task::{block_on, spawn, sync::oneshot};

const PATIENCE: Span = Span::from_secs(20);
const LIMIT: usize = 100_000;

fn run(test: impl Future<Output = ()>) {
    block_on(async {
        let patience = Duration::from_nanos(PATIENCE.as_nanos());
        tokio::time::timeout(patience, test).await.expect("the test must not hang");
    });
}

/// Sends every message back until the peer goes.
async fn echo(mut socket: WebSocket) {
    while let Some(message) = socket.receive().await {
        if !socket.send(message).await {
            return;
        }
    }
}

/// Starts an echo server that takes messages of at most `LIMIT` bytes, until `stop`.
fn start(stop: impl Future<Output = ()> + Send + 'static) -> SocketAddr {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = listener.address();
    let handler = |request: Request| async { request.upgrade(LIMIT, echo) };
    spawn(serve(listener, Limits::default(), Arc::new(handler), stop));
    address
}

async fn open(address: SocketAddr, message_bytes: usize) -> WebSocket {
    let endpoint = Endpoint::parse(&format!("ws://{address}/ethereum")).expect("a valid URL");
    connect_websocket(&endpoint, message_bytes, PATIENCE).await.expect("a socket")
}

#[test]
fn a_message_must_come_back_as_it_was_sent() {
    run(async {
        let mut socket = open(start(pending()), LIMIT).await;
        for text in [String::new(), "{\"id\":1}".to_owned(), "é".repeat(LIMIT / 2)] {
            assert!(socket.send(text.clone().into()).await);
            assert_eq!(socket.receive().await.expect("an echo"), text);
        }
        let not_text = Bytes::from_static(&[0xff, 0x00]);
        assert!(socket.send(not_text.clone()).await);
        assert_eq!(socket.receive().await, Some(not_text));
        socket.close(1000, "done").await;
    });
}

#[test]
fn a_message_over_the_limit_must_end_the_socket_and_not_fill_the_memory() {
    run(async {
        let address = start(pending());
        let mut socket = open(address, LIMIT).await;
        assert!(socket.send(vec![b'x'; LIMIT + 1].into()).await);
        assert_eq!(socket.receive().await, None);
        assert!(!socket.send(Bytes::from_static(b"late")).await);

        let mut small = open(address, 10).await;
        assert!(small.send(Bytes::from_static(b"0123456789")).await);
        assert_eq!(small.receive().await.as_deref(), Some(&b"0123456789"[..]));
        assert!(small.send(Bytes::from_static(b"01234567890")).await);
        assert_eq!(small.receive().await, None);
        assert_eq!(small.receive().await, None);
    });
}

#[test]
fn a_subscription_must_be_able_to_send_while_it_waits_to_receive() {
    run(async {
        let (sender, mut receiver) = open(start(pending()), LIMIT).await.split();
        const COUNT: usize = 200;
        let message = |nth: usize| Bytes::from(format!("{nth:0>1000}"));
        let senders: Vec<_> = [0, 1]
            .map(|half| {
                let sender = sender.clone();
                spawn(async move {
                    for nth in (half..COUNT).step_by(2) {
                        assert!(sender.send(message(nth)).await);
                    }
                })
            })
            .into();
        let mut seen = Vec::new();
        while seen.len() < COUNT {
            seen.push(receiver.receive().await.expect("an echo"));
        }
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(nth, echo)| *echo == message(nth)));
        for sender in senders {
            sender.await.expect("all was sent");
        }
        sender.close(1000, "").await;
        assert_eq!(receiver.receive().await, None);
        assert!(!sender.send(Bytes::from_static(b"late")).await);
    });
}

#[test]
fn a_server_that_stops_must_tell_its_sockets() {
    run(async {
        let (stop, stopped) = oneshot::channel::<()>();
        let address = start(async { stopped.await.expect("the test stops") });
        let mut socket = open(address, LIMIT).await;
        assert!(socket.send(Bytes::from_static(b"1")).await);
        assert!(socket.receive().await.is_some());
        stop.send(()).expect("the server runs");
        assert_eq!(socket.receive().await, None);
    });
}

#[test]
fn a_peer_that_is_gone_must_not_be_sent_to_for_ever() {
    run(async {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = listener.address();
        let (ended, is_ended) = oneshot::channel();
        let ended = std::sync::Mutex::new(Some(ended));
        let handler = move |request: Request| {
            let ended = ended.lock().expect("not poisoned").take().expect("one call");
            async move {
                request.upgrade(LIMIT, |mut socket| async move {
                    assert_eq!(socket.receive().await, None);
                    ended.send(()).expect("the test waits");
                })
            }
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), pending()));
        drop(open(address, LIMIT).await);
        is_ended.await.expect("the server noticed");
    });
}

async fn exchange(address: SocketAddr, request: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a whole head"));
    }
    (stream, String::from_utf8(head).expect("text"))
}

/// A request as in RFC 6455 section 1.3, with its own key.
fn upgrade_request(version: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nhost: a\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: {version}\r\n\r\n"
    )
}

#[test]
fn other_clients_must_find_the_handshake_and_pings_as_the_standard_has_them() {
    run(async {
        let (mut stream, head) = exchange(start(pending()), &upgrade_request("13")).await;
        assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
        // The answer to that key in RFC 6455 section 1.3.
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        // A masked ping with the payload "Hi" (mask of zeros), answered by a pong with the same.
        stream.write_all(&[0x89, 0x82, 0, 0, 0, 0, b'H', b'i']).await.expect("written");
        let mut pong = [0; 4];
        stream.read_exact(&mut pong).await.expect("a pong");
        assert_eq!(pong, [0x8a, 0x02, b'H', b'i']);
        // A masked close with code 1000 is confirmed with the same code.
        stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await.expect("written");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("the end");
        assert_eq!(rest, [0x88, 0x02, 0x03, 0xe8]);
    });
}

#[test]
fn an_oversized_message_must_be_answered_with_its_own_code() {
    run(async {
        let (mut stream, _) = exchange(start(pending()), &upgrade_request("13")).await;
        // A masked text frame that declares a gigabyte.
        let head = [0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0];
        stream.write_all(&head).await.expect("written");
        let mut close = [0; 4];
        stream.read_exact(&mut close).await.expect("a close frame");
        assert_eq!((close[0], close[2..].to_vec()), (0x88, 1009_u16.to_be_bytes().to_vec()));
    });
}

#[test]
fn a_plain_request_must_not_be_taken_for_a_websocket() {
    run(async {
        let address = start(pending());
        let (_, head) = exchange(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        let (_, head) = exchange(address, &upgrade_request("12")).await;
        assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
        assert!(head.contains("sec-websocket-version: 13\r\n"), "{head}");
        let keyless = upgrade_request("13").replace("sec-websocket-key", "x-other");
        let (_, head) = exchange(address, &keyless).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    });
}

#[test]
fn an_endpoint_that_refuses_the_upgrade_must_say_so_without_its_secrets() {
    run(async {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = listener.address();
        let handler = |request: Request| async move {
            assert_eq!(request.headers()["authorization"], "Basic dTpzM2NyZXQ=");
            crate::http::Response::empty(crate::http::StatusCode::FORBIDDEN)
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), pending()));
        let endpoint = Endpoint::parse(&format!("ws://u:s3cret@{address}/s3cret")).expect("a URL");
        let error = connect_websocket(&endpoint, LIMIT, PATIENCE).await.expect_err("refused");
        assert!(matches!(&error, CallError::Connect(why) if why.contains("403")), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    });
}
