//! Refusals of new risk on a socket of the WebSocket API. A socket cannot be left unread for them: cancels come over it, too.
//! So whoever is refused often is told together, and whoever goes on is closed.

use std::sync::{Mutex, PoisonError};

use runtime::http::Bytes;
use units::{Span, Timestamp};
use wire_binance::{ErrorCode, Failure, RequestId, ToJson as _, write_api_answer};

/// Refusals of a second that are each told by themselves, at once.
const BY_THEMSELVES: usize = 5;

/// Refusals of a second from which on the others are told at its end only.
const OFTEN: usize = 25;

/// Most refusals that are gathered: whoever asks on without waiting for so many is closed.
const MOST: usize = 50;

/// How long refusals are gathered that are told together, and how long of who asks often.
const TOGETHER: Span = Span::from_millis(100);
const SECOND: Span = Span::from_secs(1);

/// How a refusal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// By itself, at once.
    Now,
    /// With those that come within a time, after that, by whoever is told so.
    Later(Span),
    /// With others, by somebody else.
    WithOthers,
    /// The socket is closed.
    Close,
}

/// The refusals of a socket.
#[derive(Debug, Default)]
pub(super) struct Refused {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    since: Timestamp,
    count: usize,
    /// Those that are told together: [`MOST`] at most.
    gathered: Vec<RequestId>,
}

impl Refused {
    /// One more, and how it is told.
    pub(super) fn add(&self, id: &RequestId, now: Timestamp) -> Telling {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(state.since) >= SECOND {
            (state.since, state.count) = (now, 0);
        }
        state.count = state.count.saturating_add(1);
        if state.count <= BY_THEMSELVES {
            return Telling::Now;
        }
        if state.gathered.len() >= MOST {
            return Telling::Close;
        }
        state.gathered.push(id.clone());
        if state.gathered.len() > 1 {
            return Telling::WithOthers;
        }
        let end = state.since.after(SECOND).since(now);
        Telling::Later(if state.count > OFTEN { end.max(TOGETHER) } else { TOGETHER })
    }

    /// The message that tells all that were gathered: the error, and whose it is.
    pub(super) fn told(&self) -> Bytes {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let gathered = std::mem::take(&mut state.gathered);
        drop(state);
        let mut out = Vec::new();
        let failure = Failure::of(ErrorCode::Throttled);
        write_api_answer(&RequestId::default(), Err(&failure), &[], &mut out);
        out.pop();
        out.extend_from_slice(b",\"refused\":[");
        for (place, id) in gathered.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            id.write(&mut out);
        }
        out.extend_from_slice(b"]}");
        Bytes::from(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_together_and_who_goes_on_is_closed() {
        // A client that is told of each by itself sends the next for each.
        let refused = Refused::default();
        let at = |millis: u64| Timestamp::ZERO.after(Span::from_millis(10_000 + millis));
        let add = |number: u64, millis| refused.add(&RequestId::Number(number), at(millis));
        assert!((0..5).all(|number| add(number, 0) == Telling::Now));
        assert_eq!([add(5, 1), add(6, 2)], [Telling::Later(TOGETHER), Telling::WithOthers]);
        let told = refused.told();
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!((&told["status"], &told["error"]["code"]), (&503.into(), &(-1008).into()));
        assert_eq!(
            (&told["id"], &told["refused"]),
            (&serde_json::Value::Null, &serde_json::json!([5, 6]))
        );
        assert!((7..30).all(|number| add(number, 300) != Telling::Now));
        let _told = refused.told();
        assert_eq!(add(30, 400), Telling::Later(Span::from_millis(600)));
        assert!((31..80).all(|number| add(number, 500) == Telling::WithOthers));
        assert_eq!(add(80, 600), Telling::Close);
        assert_eq!(add(81, 1_005), Telling::Now);
    }
}
