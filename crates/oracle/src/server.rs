//! The listener: how clients read what is published.

use std::sync::Arc;

use runtime::http::{Limits, Listener, Request, Response, StatusCode, serve};
use runtime::task::{self, sync::watch};

use crate::config::FeedConfig;
use crate::journal::Journal;
use crate::published::Published;

/// What the interfaces read.
#[derive(Clone, Debug)]
pub struct ServerState {
    /// What is published; a new one every tick.
    pub published: watch::Receiver<Arc<Published>>,
    /// What happened.
    pub journal: Journal,
    /// The feeds, in configured order, with the names that clients of other systems know them by.
    pub feeds: Arc<[FeedConfig]>,
}

/// Serves until `stopped` says so, on a thread of its own.
pub(crate) fn start(
    listener: Listener,
    state: ServerState,
    mut stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    task::spawn_thread("oracle-server", move || async move {
        let handler = move |request: Request| {
            let state = state.clone();
            async move { answer(&state, &request) }
        };
        let stop = async move {
            // An error means that the oracle is gone, which is a reason to stop, too.
            let _ended = stopped.wait_for(|stop| *stop).await.is_ok();
        };
        serve(listener, Limits::default(), Arc::new(handler), stop).await;
    })
}

fn answer(state: &ServerState, request: &Request) -> Response {
    let explained =
        request.path().strip_prefix("/v1/prices/").and_then(|rest| rest.strip_suffix("/explain"));
    if let Some(symbol) = explained {
        let published = state.published.borrow();
        let feed = published.feeds.iter().find(|feed| feed.symbol.eq_ignore_ascii_case(symbol));
        return match feed {
            Some(feed) => Response::text(StatusCode::OK, feed.explanation.to_string()),
            None => Response::text(StatusCode::NOT_FOUND, "no such feed\n"),
        };
    }
    match request.path() {
        "/healthz" => Response::text(StatusCode::OK, "ok\n"),
        _ => Response::empty(StatusCode::NOT_FOUND),
    }
}
