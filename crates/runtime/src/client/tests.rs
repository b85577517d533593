//! Tests of the client over real sockets.

use std::sync::Arc;

use super::*;
use crate::http::{Limits, Listener, Request, Response, serve};
use crate::task::{block_on, spawn};

#[test]
fn a_call_that_does_not_reach_the_handler_is_no_gateway() {
    block_on(async {
        let listener = Listener::bind("127.0.0.1:0".parse().expect("address")).expect("free port");
        let url = format!("http://{}/ethereum?x=1", listener.address());
        let handler = |mut request: Request| async move {
            assert_eq!((request.path(), request.query()), ("/ethereum", "x=1"));
            let body = request.body().await.expect("a body");
            Response::json(StatusCode::OK, body)
        };
        spawn(serve(listener, Limits::default(), Arc::new(handler), std::future::pending()));
        let client = Client::new(Endpoint::parse(&url).expect("a URL"), 1 << 20);
        for size in [10, 500_000, 0] {
            let body = Bytes::from(vec![b'x'; size]);
            let answer = client.post(body.clone(), &HeaderMap::new(), Span::from_secs(10)).await;
            assert_eq!(answer.expect("an answer").body, body);
        }
    });
}
