//! Tests of the client over real sockets.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::{Limits, Listener, Request, Response, serve};
use crate::task::{block_on, spawn, sync::oneshot};

/// Long enough for a busy machine, short enough to tell a hang.
const PATIENCE: Span = Span::from_secs(20);
const LIMIT: usize = 1 << 20;

fn run(test: impl Future<Output = ()>) {
    block_on(async {
        tokio::time::timeout(duration(PATIENCE), test).await.expect("the test must not hang");
    });
}

fn client(url: &str) -> Client {
    Client::new(Endpoint::parse(url).expect("a valid URL"), LIMIT)
}

async fn post(client: &Client) -> Result<CallResponse, CallError> {
    client.post(Bytes::from_static(b"{}"), &HeaderMap::new(), PATIENCE).await
}

/// A server that treats its n-th connection (from 1 on) as `script` says; and how many it had.
async fn scripted<S, F>(script: S) -> (Client, Arc<AtomicUsize>)
where
    S: Fn(usize, TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let nth = counter.fetch_add(1, Ordering::Relaxed) + 1;
            spawn(script(nth, stream));
        }
    });
    (client(&url), count)
}

/// Reads one request whole; false at the end of the connection.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut text = Vec::new();
    loop {
        if let Some(body) = body_length(&text) {
            return stream.read_exact(&mut vec![0; body]).await.is_ok();
        }
        let Ok(byte) = stream.read_u8().await else { return false };
        text.push(byte);
    }
}

/// The Content-Length of a whole head; `None` while it is not whole.
fn body_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Some(length.map_or(0, |length| length.parse().expect("a length")))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), text: &str) {
    stream.write_all(text.as_bytes()).await.expect("the client still reads");
    stream.flush().await.expect("the client still reads");
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[test]
fn calls_must_reach_the_handler_and_come_back_byte_for_byte() {
    run(async {
        let listener = Listener::bind("127.0.0.1:0".parse().expect("address")).expect("free port");
        let url = format!("http://{}/ethereum?x=1", listener.address());
        let handler = |mut request: Request| async move {
            assert_eq!((request.path(), request.query()), ("/ethereum", "x=1"));
            let body = request.body().await.expect("a body");
            Response::json(StatusCode::OK, body)
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), std::future::pending()));
        let client = client(&url);
        for size in [10, LIMIT, 0] {
            let body = Bytes::from(vec![b'x'; size]);
            let answer = client.post(body.clone(), &HeaderMap::new(), PATIENCE).await;
            assert_eq!(answer.expect("an answer").body, body);
        }
        assert_eq!(client.last_address(), Some(IpAddr::from([127, 0, 0, 1])));
    });
}

#[test]
fn a_provider_refuses_calls_without_its_headers() {
    run(async {
        let listener = Listener::bind("127.0.0.1:0".parse().expect("address")).expect("free port");
        let address = listener.address();
        let handler = |request: Request| async move {
            let sent = request.headers().iter();
            let lines = sent.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
            Response::text(StatusCode::OK, lines.collect::<String>())
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), std::future::pending()));
        let client = client(&format!("http://user:pass@{address}"));
        let mut extra = HeaderMap::new();
        extra.insert("x-api-key", HeaderValue::from_static("k1"));
        extra.append("x-api-key", HeaderValue::from_static("k2"));
        extra.insert(USER_AGENT, HeaderValue::from_static("mine"));
        let answer = client.post(Bytes::from_static(b"{}"), &extra, PATIENCE).await;
        let body = answer.expect("an answer").body;
        let mut lines: Vec<_> =
            body.split(|byte| *byte == b'\n').map(String::from_utf8_lossy).collect();
        lines.sort_unstable();
        let expected = [
            "",
            "authorization: Basic dXNlcjpwYXNz",
            "content-length: 2",
            "content-type: application/json",
            &format!("host: {address}"),
            "user-agent: mine",
            "x-api-key: k1",
            "x-api-key: k2",
        ];
        assert_eq!(lines, expected);
    });
}

#[test]
fn a_connection_a_call_would_cost_a_handshake_a_call() {
    run(async {
        let (client, connections) = scripted(|_, mut stream| async move {
            while read_request(&mut stream).await {
                write(&mut stream, WHOLE).await;
            }
        })
        .await;
        for _ in 0..10 {
            post(&client).await.expect("an answer");
        }
        assert_eq!(connections.load(Ordering::Relaxed), 1);
        // Calls at the same time do need connections of their own.
        let (one, other) = tokio::join!(post(&client), post(&client));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_connection_that_idled_long_is_likely_dead_and_must_not_be_used() {
    // Moves the clock, so the watchdog of `run` cannot be used.
    block_on(async {
        let (client, connections) = scripted(|_, mut stream| async move {
            while read_request(&mut stream).await {
                write(&mut stream, WHOLE).await;
            }
        })
        .await;
        post(&client).await.expect("an answer");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(21)).await;
        tokio::time::resume();
        post(&client).await.expect("an answer");
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_server_that_closed_an_idle_connection_must_not_fail_the_next_call() {
    run(async {
        let (gone, is_gone) = oneshot::channel();
        let gone = std::sync::Mutex::new(Some(gone));
        let (client, connections) = scripted(move |nth, mut stream| {
            let gone = gone.lock().expect("not poisoned").take();
            async move {
                assert!(read_request(&mut stream).await);
                write(&mut stream, WHOLE).await;
                drop(stream);
                if let Some(gone) = gone {
                    assert_eq!(nth, 1);
                    gone.send(()).expect("the test waits");
                }
            }
        })
        .await;
        post(&client).await.expect("an answer");
        is_gone.await.expect("the server says that it closed");
        post(&client).await.expect("an answer over a fresh connection");
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_close_that_crosses_the_call_is_repaired_once_and_only_where_nothing_came() {
    run(async {
        // The kept connection takes the second call and closes without a word.
        let (client, connections) = scripted(|nth, mut stream| async move {
            assert!(read_request(&mut stream).await);
            write(&mut stream, WHOLE).await;
            assert!(nth > 1 || read_request(&mut stream).await);
        })
        .await;
        post(&client).await.expect("an answer");
        post(&client).await.expect("an answer over a fresh connection");
        assert_eq!(connections.load(Ordering::Relaxed), 2);

        // The kept connection closes within the head of the answer: the call may have been counted.
        let (client, connections) = scripted(|_, mut stream| async move {
            assert!(read_request(&mut stream).await);
            write(&mut stream, WHOLE).await;
            assert!(read_request(&mut stream).await);
            write(&mut stream, "HTTP/1.1 200 OK\r\ncontent-le").await;
        })
        .await;
        post(&client).await.expect("an answer");
        assert!(matches!(post(&client).await, Err(CallError::Broken(_))));
        assert_eq!(connections.load(Ordering::Relaxed), 1);

        // A fresh connection that closes without a word is no matter of age.
        let (client, connections) = scripted(|_, mut stream| async move {
            assert!(read_request(&mut stream).await);
        })
        .await;
        assert!(matches!(post(&client).await, Err(CallError::Broken(_))));
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    });
}

async fn check_answer(answer: &'static str, expect: fn(&Result<CallResponse, CallError>) -> bool) {
    let (client, connections) = scripted(move |_, mut stream| async move {
        assert!(read_request(&mut stream).await);
        write(&mut stream, answer).await;
    })
    .await;
    let client = Client { response_bytes: 10, ..client };
    let outcome = post(&client).await;
    assert!(expect(&outcome), "{answer:?} gave {outcome:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[test]
fn half_an_answer_must_not_pass_for_a_whole_one() {
    run(async {
        let broken = |outcome: &_| matches!(outcome, Err(CallError::Broken(_)));
        check_answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\":", broken).await;
        check_answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc", broken).await;
        check_answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", broken)
            .await;
        check_answer("SSH-2.0-OpenSSH\r\n\r\n", broken).await;
        let whole = |outcome: &Result<CallResponse, _>| {
            outcome.as_ref().is_ok_and(|answer| answer.body == "abcdef")
        };
        check_answer(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
            whole,
        )
        .await;
        check_answer("HTTP/1.1 200 OK\r\n\r\nabcdef", whole).await;
    });
}

#[test]
fn an_answer_over_the_limit_must_not_fill_the_memory() {
    run(async {
        let too_large = |outcome: &_| matches!(outcome, Err(CallError::TooLarge(10)));
        check_answer("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n", too_large).await;
        check_answer(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n",
            too_large,
        )
        .await;
        check_answer("HTTP/1.1 200 OK\r\n\r\n12345678901", too_large).await;
    });
}

#[test]
fn a_server_that_never_answers_must_not_hold_the_call() {
    run(async {
        let (client, _) = scripted(|_, mut stream| async move {
            assert!(read_request(&mut stream).await);
            // Waits for the client to give up.
            assert!(!read_request(&mut stream).await);
        })
        .await;
        let timeout = Span::from_millis(50);
        let outcome = client.post(Bytes::new(), &HeaderMap::new(), timeout).await;
        assert!(
            matches!(outcome, Err(CallError::Timeout(within)) if within == timeout),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_refused_connection_is_safe_to_try_elsewhere_and_must_be_told_apart() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://user:s3cret@{}/s3cret", listener.local_addr().expect("address"));
        drop(listener);
        let error = post(&client(&url)).await.expect_err("nobody listens");
        assert!(matches!(error, CallError::Connect(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    });
}

#[test]
fn a_tls_server_that_never_shakes_hands_took_no_call() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("https://{}", listener.local_addr().expect("address"));
        let client = client(&url);
        let outcome = client.post(Bytes::new(), &HeaderMap::new(), Span::from_millis(50)).await;
        assert!(matches!(outcome, Err(CallError::Connect(_))), "{outcome:?}");
    });
}

#[test]
fn a_call_given_up_must_free_its_connection_at_once() {
    run(async {
        let (begun, is_begun) = oneshot::channel();
        let (ended, is_ended) = oneshot::channel();
        let ends = std::sync::Mutex::new(Some((begun, ended)));
        let (client, connections) = scripted(move |_, mut stream| {
            let ends = ends.lock().expect("not poisoned").take();
            async move {
                assert!(read_request(&mut stream).await);
                // Half an answer, so that the client is in the middle of reading.
                write(&mut stream, &WHOLE[..WHOLE.len() - 1]).await;
                let Some((begun, ended)) = ends else { return write(&mut stream, "}").await };
                begun.send(()).expect("the test waits");
                assert!(!read_request(&mut stream).await);
                ended.send(()).expect("the test waits");
            }
        })
        .await;
        {
            let mut call = pin!(post(&client));
            tokio::select! {
                outcome = &mut call => panic!("the answer is not whole, yet {outcome:?}"),
                begun = is_begun => begun.expect("the server has the call"),
            }
        }
        is_ended.await.expect("the server saw the connection end");
        post(&client).await.expect("an answer over a fresh connection");
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    });
}

/// A TLS server on 127.0.0.1 that answers every call; its URL and its certificate in PEM.
async fn tls_server() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the key fits the certificate");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            spawn(async move {
                let Ok(mut stream) = acceptor.accept(tcp).await else { return };
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
                while read_request(&mut stream).await {
                    write(&mut stream, WHOLE).await;
                }
            });
        }
    });
    (url, made.cert.pem())
}

#[test]
fn tls_must_hold_against_a_certificate_nobody_vouches_for() {
    run(async {
        let (url, pem) = tls_server().await;
        let endpoint = Endpoint::parse(&url).expect("a valid URL");
        let trusting = endpoint.clone().with_roots(pem.as_bytes()).expect("a certificate");
        let client = Client::new(trusting, LIMIT);
        for _ in 0..3 {
            assert_eq!(post(&client).await.expect("an answer").body, "{}");
        }
        let strict = Client::new(endpoint.clone(), LIMIT);
        let error = post(&strict).await.expect_err("nobody vouches for it");
        assert!(matches!(&error, CallError::Connect(why) if why.contains("TLS")), "{error}");
        assert!(endpoint.clone().with_roots(b"").is_err());
        assert!(endpoint.with_roots(b"-----BEGIN CERTIFICATE-----\nAA\n").is_err());
    });
}

/// Posts, and reads the rest of the body as it comes; the size of its beginning, and all of it.
async fn post_in_parts(client: &Client) -> Result<(usize, Vec<u8>), CallError> {
    let number = HeaderName::from_static("x-number");
    let (answer, rest) = client.post_in_parts(b"{}", (&number, 1), (PATIENCE, 1_000)).await?;
    let mut body = answer.body.to_vec();
    if let Some(mut rest) = rest {
        let told = rest.left();
        let here = body.len();
        while rest.next(&mut body).await? {}
        assert!(rest.has_ended() && !rest.next(&mut body).await?);
        assert!(told.is_none_or(|told| told == (body.len() - here) as u64));
    }
    Ok((answer.body.len(), body))
}

#[test]
fn a_body_read_in_parts_is_the_same_body_and_its_connection_goes_on() {
    run(async {
        let (client, connections) = scripted(|_, mut stream| async move {
            let text = "0123456789".repeat(30_000);
            let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
            let (one, two) = text.split_at(70_001);
            let chunks = [chunk("ab"), chunk(one), chunk(two), chunk("yz")].concat();
            for _ in 0..2 {
                for answer in [
                    format!("content-length: 300000\r\n\r\n{text}"),
                    format!("transfer-encoding: chunked\r\n\r\n{chunks}0\r\nx: y\r\n\r\n"),
                    "content-length: 1000\r\n\r\n".to_owned() + &text[..1_000],
                ] {
                    assert!(read_request(&mut stream).await);
                    write(&mut stream, &format!("HTTP/1.1 200 OK\r\n{answer}")).await;
                }
            }
        })
        .await;
        let text = "0123456789".repeat(30_000).into_bytes();
        for _ in 0..2 {
            let (first, all) = post_in_parts(&client).await.expect("an answer");
            assert!((1_000..70_000).contains(&first) && all == text, "{first} of {}", all.len());
            let (_, all) = post_in_parts(&client).await.expect("an answer");
            assert!(all == [b"ab", text.as_slice(), b"yz"].concat(), "{}", all.len());
            assert_eq!(post_in_parts(&client).await.expect("an answer").0, 1_000);
        }
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn the_rest_of_a_body_that_does_not_come_must_not_pass_for_its_end() {
    run(async {
        let text = "x".repeat(200_000);
        for (head, limit) in [
            ("content-length: 200001\r\n\r\n", LIMIT),
            ("transfer-encoding: chunked\r\n\r\n30d41\r\n", LIMIT),
            ("transfer-encoding: chunked\r\n\r\n30d40\r\n", LIMIT),
            ("transfer-encoding: chunked\r\n\r\n30d41\r\n", 150_000),
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\n{head}{text}");
            let (client, connections) = scripted(move |_, mut stream| {
                let answer = answer.clone();
                async move {
                    assert!(read_request(&mut stream).await);
                    // The client may leave before it has taken everything.
                    let _taken = stream.write_all(answer.as_bytes()).await.is_ok();
                }
            })
            .await;
            let client = Client { response_bytes: limit, ..client };
            let outcome = post_in_parts(&client).await.map(|(first, all)| (first, all.len()));
            match limit {
                LIMIT => assert!(matches!(outcome, Err(CallError::Broken(_))), "{outcome:?}"),
                _ => assert!(matches!(outcome, Err(CallError::TooLarge(_))), "{outcome:?}"),
            }
            assert_eq!(connections.load(Ordering::Relaxed), 1);
        }
    });
}

#[test]
fn a_signed_request_must_arrive_with_its_method_query_and_key_and_from_its_address() {
    // A venue refuses what is signed over another text, and an allow list what comes from elsewhere.
    run(async {
        let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let url = format!("http://{}", listener.address());
        let handler = |request: Request| async move {
            let key = request.header(&HeaderName::from_static("x-key")).unwrap_or_default();
            let (peer, query) = (request.peer().ip(), request.query());
            let said = format!("{} {} {query} {key} {peer}", request.method(), request.path());
            Response::text(StatusCode::OK, said)
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), std::future::pending()));
        let source = "127.0.0.9".parse().expect("an address");
        let endpoint = Endpoint::parse(&url).expect("a valid URL").from_address(source);
        let client = Client::new(endpoint, LIMIT);
        let mut headers = HeaderMap::new();
        headers.insert("x-key", HeaderValue::from_static("abc"));
        for method in [Method::DELETE, Method::PUT] {
            let answer = client.send(&method, "/order?a=1&b=%5B", &headers, (b"", PATIENCE)).await;
            let body = answer.expect("an answer").body;
            assert_eq!(body, format!("{method} /order a=1&b=%5B abc 127.0.0.9"));
        }
        let odd = client.send(&Method::GET, "/a b", &headers, (b"", PATIENCE)).await;
        assert!(matches!(odd, Err(CallError::Connect(_))), "{odd:?}");
    });
}
