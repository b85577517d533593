//! Tests of the server under TLS, with our own client.

use std::net::SocketAddr;
use std::sync::Arc;

use units::Span;

use super::*;
use crate::client::{Client, Endpoint, connect_websocket};
use crate::task::{block_on, spawn};

const PATIENCE: Span = Span::from_secs(20);

/// A certificate for this machine, and its key.
fn identity() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate can be made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

async fn large(request: Request) -> Response {
    if request.wants_websocket() {
        return request.upgrade(1_000, |mut socket| async move {
            while let Some(text) = socket.receive().await {
                if !socket.send(text).await {
                    return;
                }
            }
        });
    }
    Response::text(StatusCode::OK, "a".repeat(300_000))
}

#[test]
fn answers_and_sockets_go_over_tls() {
    // What is written under TLS and not flushed stays here, and the client waits for the end of its answer.
    block_on(async {
        let (certificate, key) = identity();
        let identity = TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes());
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let listener = listener.with_tls(identity.expect("an identity"));
        let address = listener.address();
        spawn(serve(listener, Limits::default(), Arc::new(large), std::future::pending()));

        let endpoint = Endpoint::parse(&format!("https://{address}")).expect("a URL");
        let endpoint = endpoint.with_roots(certificate.as_bytes()).expect("a certificate");
        let client = Client::new(endpoint, 1 << 20);
        for _ in 0..2 {
            let answer = client.post(Bytes::new(), &HeaderMap::new(), PATIENCE).await;
            assert_eq!(answer.expect("an answer").body.len(), 300_000);
        }
        let endpoint = Endpoint::parse(&format!("wss://{address}/ws")).expect("a URL");
        let endpoint = endpoint.with_roots(certificate.as_bytes()).expect("a certificate");
        let mut socket = connect_websocket(&endpoint, 1_000, PATIENCE).await.expect("a socket");
        assert!(socket.send(Bytes::from_static(b"hello")).await);
        assert_eq!(socket.receive().await, Some(Bytes::from_static(b"hello")));

        let plain = Endpoint::parse(&format!("http://{address}")).expect("a URL");
        let (plain, none) = (Client::new(plain, 1_000), HeaderMap::new());
        let refused = plain.post(Bytes::new(), &none, PATIENCE).await;
        assert!(refused.is_err(), "what is not under TLS gets no answer");
    });
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    // Else the mistake is found by the first client.
    let ((certificate, key), (_, other)) = (identity(), identity());
    let read = |certificate: &str, key: &str| {
        TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).map(|_| ())
    };
    assert_eq!(read(&certificate, &key), Ok(()));
    assert!(read(&certificate, &other).is_err());
    assert!(read("", &key).is_err_and(|why| why.contains("certificate is missing")));
    assert!(read(&certificate, "").is_err_and(|why| why.contains("key is missing")));
}
