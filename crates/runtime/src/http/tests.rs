//! Tests of the server over real sockets.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use units::Span;

use super::*;
use crate::clock::duration;
use crate::task::{block_on, spawn, sync::oneshot};

/// Long enough for a busy machine, short enough to tell a hang.
const PATIENCE: Span = Span::from_secs(20);

fn run(test: impl Future<Output = ()>) {
    block_on(async {
        tokio::time::timeout(duration(PATIENCE), test).await.expect("the test must not hang");
    });
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Small limits, so that tests can go over them.
fn small() -> Limits {
    Limits { body_bytes: 100, head_bytes: 1000, ..Limits::default() }
}

/// Starts a server and gives its address.
fn start<H: Handler>(limits: Limits, handler: H) -> SocketAddr {
    let listener = Listener::bind(any_port()).expect("a free port");
    let address = listener.address();
    spawn(serve(listener, limits, Arc::new(handler), std::future::pending()));
    address
}

/// Answers with the body, or with what was wrong with it.
async fn echo(mut request: Request) -> Response {
    match request.body().await {
        Ok(body) => Response::json(StatusCode::OK, body),
        Err(error @ BodyError::TooLarge { .. }) => {
            Response::text(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
        }
        Err(error) => Response::text(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("the server listens")
}

async fn write(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    stream.write_all(bytes.as_ref()).await.expect("the server reads");
}

/// Reads until `end` has come and gives all of it.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let byte = stream.read_u8().await;
        text.push(
            byte.unwrap_or_else(|_| panic!("no {end:?} in {}", String::from_utf8_lossy(&text))),
        );
    }
    String::from_utf8(text).expect("text")
}

async fn status_line(stream: &mut TcpStream) -> String {
    read_until(stream, "\r\n").await.trim_end().to_owned()
}

/// Waits for the server to close.
async fn read_to_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    if let Err(error) = stream.read_to_end(&mut rest).await {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

const CALL: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}";

#[test]
fn a_body_over_the_limit_must_be_refused_before_it_is_sent() {
    run(async {
        let address = start(small(), echo);
        let mut stream = connect(address).await;
        write(&mut stream, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 101\r\n\r\n").await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
        read_until(&mut stream, "larger than 100 bytes").await;

        let mut stream = connect(address).await;
        let head =
            "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 101\r\n\r\n";
        write(&mut stream, head).await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");

        let mut stream = connect(address).await;
        write(&mut stream, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n").await;
        write(&mut stream, [b'x'; 100]).await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 200 OK");
    });
}

#[test]
fn a_chunked_body_over_the_limit_must_be_cut_and_its_client_told_why() {
    run(async {
        let mut stream = connect(start(small(), echo)).await;
        write(&mut stream, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        for _ in 0..100 {
            write(&mut stream, format!("4e20\r\n{}\r\n", "x".repeat(20_000))).await;
        }
        write(&mut stream, "0\r\n\r\n").await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
    });
}

#[test]
fn a_head_over_the_limit_must_not_fill_the_memory() {
    run(async {
        let mut stream = connect(start(small(), echo)).await;
        write(&mut stream, format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(1000))).await;
        let status = status_line(&mut stream).await;
        assert_eq!(status, "HTTP/1.1 431 Request Header Fields Too Large");
    });
}

#[test]
fn a_client_that_sends_drop_by_drop_must_not_hold_a_connection() {
    run(async {
        let fast = Span::from_millis(50);
        let limits = Limits { head_timeout: fast, body_timeout: fast, ..small() };
        let address = start(limits, echo);
        let mut slow_head = connect(address).await;
        write(&mut slow_head, "POST / HTTP/1.1\r\nhost:").await;
        read_to_end(&mut slow_head).await;
        let mut slow_body = connect(address).await;
        write(&mut slow_body, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{").await;
        assert_eq!(status_line(&mut slow_body).await, "HTTP/1.1 400 Bad Request");
        read_until(&mut slow_body, "took longer than 50ms").await;
    });
}

#[test]
fn a_body_that_breaks_off_must_not_be_answered_as_a_call() {
    run(async {
        let (seen, is_seen) = oneshot::channel();
        let seen = Mutex::new(Some(seen));
        let address = start(small(), move |mut request: Request| {
            let seen = seen.lock().expect("not poisoned").take();
            async move {
                let body = request.body().await;
                if let Some(seen) = seen {
                    seen.send(body).expect("the test waits");
                }
                Response::empty(StatusCode::NO_CONTENT)
            }
        });
        let mut stream = connect(address).await;
        write(&mut stream, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{").await;
        stream.shutdown().await.expect("a half close");
        let body = is_seen.await;
        // Either the handler hears of it, or it was dropped along with its connection.
        assert!(matches!(body, Ok(Err(BodyError::Broken(_))) | Err(_)), "{body:?}");
    });
}

#[test]
fn a_handler_that_panics_must_not_take_the_server_down() {
    run(async {
        let address = start(small(), |request: Request| async move {
            assert_eq!(request.path(), "/good", "the panic that the test wants");
            Response::empty(StatusCode::NO_CONTENT)
        });
        let mut stream = connect(address).await;
        write(&mut stream, "GET /bad HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 500 Internal Server Error");
        read_until(&mut stream, "internal error\n").await;
        write(&mut stream, "GET /good HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(status_line(&mut stream).await, "HTTP/1.1 204 No Content");
    });
}

#[test]
fn a_call_whose_client_has_gone_must_not_go_on_costing() {
    run(async {
        let (ends, mut ended) = crate::task::sync::mpsc::channel::<()>(1);
        let (begun, is_begun) = oneshot::channel();
        let begun = Mutex::new(Some(begun));
        let address = start(small(), move |mut request: Request| {
            let begun = begun.lock().expect("not poisoned").take();
            let held = ends.clone();
            async move {
                let _held_until_dropped = held;
                request.body().await.expect("a body");
                begun.expect("one call").send(()).expect("the test waits");
                std::future::pending().await
            }
        });
        let mut stream = connect(address).await;
        write(&mut stream, CALL).await;
        is_begun.await.expect("the call begins");
        assert_eq!(ended.sender_strong_count(), 2);
        drop(stream);
        while ended.sender_strong_count() > 1 {
            tokio::task::yield_now().await;
        }
        ended.close();
    });
}

#[test]
fn a_stream_must_be_seen_as_it_happens_and_end_with_its_reader() {
    run(async {
        let (hand_over, handed_over) = oneshot::channel();
        let hand_over = Mutex::new(Some(hand_over));
        let address = start(small(), move |_request: Request| {
            let (response, chunks) = Response::stream("text/event-stream");
            let hand_over = hand_over.lock().expect("not poisoned").take();
            hand_over.expect("one call").send(chunks).expect("the test waits");
            async { response }
        });
        let mut stream = connect(address).await;
        write(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let head = read_until(&mut stream, "\r\n\r\n").await;
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        let chunks = handed_over.await.expect("the handler answers");
        for text in ["data: 1\n\n", "data: 2\n\n"] {
            chunks.send(Bytes::from_static(text.as_bytes())).await.expect("the client reads");
            read_until(&mut stream, &format!("{text}\r\n")).await;
        }
        drop(stream);
        chunks.closed().await;
    });
}

#[test]
fn a_stream_whose_sender_has_ended_must_end_for_the_client_too() {
    run(async {
        let address = start(small(), |_request: Request| async {
            let (response, chunks) = Response::stream("text/plain");
            chunks.send(Bytes::from_static(b"last")).await.expect("room for one");
            response
        });
        let mut stream = connect(address).await;
        write(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        read_until(&mut stream, "4\r\nlast\r\n0\r\n\r\n").await;
    });
}

#[test]
fn a_taken_port_must_be_named_and_not_shared_silently() {
    let first = Listener::bind(any_port()).expect("a free port");
    let address = first.address();
    let error = Listener::bind(address).expect_err("the port is taken");
    assert_eq!(error.to_string(), format!("cannot listen on {address}: the port is taken"));
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    let error = Listener::bind(elsewhere).expect_err("a documentation address");
    assert_eq!(
        error.to_string(),
        "cannot listen on 192.0.2.1:0: this machine does not have that address"
    );
}

#[test]
fn worker_threads_must_be_able_to_accept_from_one_socket() {
    let listener = Listener::bind(any_port()).expect("a free port");
    let address = listener.address();
    let shared = listener.share().expect("a second handle");
    let (stop, stopped) = crate::task::sync::watch::channel(false);
    let workers: Vec<_> = [listener, shared]
        .into_iter()
        .map(|listener| {
            let mut stopped = stopped.clone();
            crate::task::spawn_thread("worker", move || async move {
                let stop = async { drop(stopped.wait_for(|stop| *stop).await) };
                serve(listener, small(), Arc::new(echo), stop).await;
            })
        })
        .collect();
    run(async {
        for _ in 0..20 {
            let mut stream = connect(address).await;
            write(&mut stream, CALL).await;
            assert_eq!(status_line(&mut stream).await, "HTTP/1.1 200 OK");
        }
    });
    stop.send_replace(true);
    for worker in workers {
        worker.join().expect("the worker ends");
    }
    Listener::bind(address).expect("the port is free again");
}

#[test]
fn connections_over_the_cap_must_wait_and_not_be_refused() {
    run(async {
        let address = start(Limits { connections: 1, ..small() }, echo);
        let mut first = connect(address).await;
        write(&mut first, CALL).await;
        read_until(&mut first, "{}").await;
        let mut second = connect(address).await;
        write(&mut second, CALL).await;
        // Round trips on the first give the server every chance to serve the second by mistake.
        for _ in 0..20 {
            write(&mut first, CALL).await;
            read_until(&mut first, "{}").await;
        }
        let early = second.try_read(&mut [0; 1]);
        assert_eq!(early.expect_err("not yet").kind(), std::io::ErrorKind::WouldBlock);
        drop(first);
        assert_eq!(status_line(&mut second).await, "HTTP/1.1 200 OK");
    });
}

#[test]
fn a_stop_must_let_calls_in_flight_end_and_take_no_new_ones() {
    run(async {
        let listener = Listener::bind(any_port()).expect("a free port");
        let address = listener.address();
        let (begun, is_begun) = oneshot::channel();
        let (answer, may_answer) = oneshot::channel::<()>();
        let ends = Mutex::new(Some((begun, may_answer)));
        let handler = move |_request: Request| {
            let ends = ends.lock().expect("not poisoned").take();
            async move {
                if let Some((begun, may_answer)) = ends {
                    begun.send(()).expect("the test waits");
                    may_answer.await.expect("the test answers");
                }
                Response::json(StatusCode::OK, "{}")
            }
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let stop_asked = async { stopped.await.expect("the test stops") };
        let mut server = pin!(serve(listener, small(), Arc::new(handler), stop_asked));
        let client = async {
            let mut stream = connect(address).await;
            write(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
            is_begun.await.expect("the call begins");
            let mut idle = connect(address).await;
            write(&mut idle, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
            read_until(&mut idle, "{}").await;
            stop.send(()).expect("the server runs");
            // The idle connection is closed at once, the one in flight is not.
            read_to_end(&mut idle).await;
            assert!(TcpStream::connect(address).await.is_err());
            answer.send(()).expect("the handler waits");
            read_until(&mut stream, "{}").await;
            read_to_end(&mut stream).await;
        };
        tokio::join!(&mut server, client);
    });
}

/// Gives so many pieces, and then ends or is lost.
#[derive(Debug)]
struct Pieces(usize, Result<bool, Lost>);

impl Source for Pieces {
    fn next<'a>(
        &'a mut self,
        piece: &'a mut Vec<u8>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send + 'a>> {
        Box::pin(async move {
            let Some(left) = self.0.checked_sub(1) else { return self.1 };
            self.0 = left;
            piece.extend_from_slice(b"abc");
            Ok(true)
        })
    }
}

#[test]
fn a_body_that_is_lost_on_the_way_must_not_look_whole() {
    run(async {
        for (length, end, pieces) in [
            (Some(8), Ok(false), 1), // It ends too early,
            (Some(8), Err(Lost), 1), // is lost,
            (Some(8), Ok(false), 3), // or is longer than was said.
            (None, Err(Lost), 2),
        ] {
            let handler = move |_: Request| async move {
                let source = Box::new(Pieces(pieces, end));
                Response::pulled("text/plain", b"ab".to_vec(), length, source)
            };
            let address = start(small(), handler);
            for version in ["1.0", "1.1"] {
                let mut stream = connect(address).await;
                write(&mut stream, format!("GET / HTTP/{version}\r\nhost: a\r\n\r\n")).await;
                let mut text = Vec::new();
                let ended = stream.read_to_end(&mut text).await;
                let text = String::from_utf8_lossy(&text);
                assert!(ended.is_err(), "{length:?} {end:?} {version}: {text}");
                assert!(!text.contains("0\r\n\r\n"), "{text}");
            }
        }
    });
}

#[test]
fn a_body_that_is_pulled_comes_whole_and_the_connection_goes_on() {
    run(async {
        let handler = |request: Request| async move {
            let length = (request.path() == "/sized").then_some(8);
            let source = Box::new(Pieces(2, Ok(false)));
            Response::pulled("text/plain", b"ab".to_vec(), length, source)
        };
        let mut stream = connect(start(small(), handler)).await;
        for _ in 0..2 {
            write(&mut stream, "GET /sized HTTP/1.1\r\nhost: a\r\n\r\n").await;
            assert!(read_until(&mut stream, "\r\n\r\n").await.contains("content-length: 8\r\n"));
            assert_eq!(read_until(&mut stream, "bc").await, "ababc");
            assert_eq!(read_until(&mut stream, "bc").await, "abc");
            write(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
            assert!(read_until(&mut stream, "\r\n\r\n").await.contains("chunked"));
            let chunks = read_until(&mut stream, "0\r\n\r\n").await;
            assert_eq!(chunks, "2\r\nab\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n");
        }
    });
}
