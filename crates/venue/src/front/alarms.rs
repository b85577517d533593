//! Alarms: what somebody has to look at now, told to webhooks and to the log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::client::{Client, Endpoint};
use runtime::http::{Bytes, HeaderMap};
use runtime::task::sync::{Notify, watch};
use runtime::{clock, task};
use serde::Serialize;
use units::Span;

use super::now_ms;

/// Alarms that wait to be told: more than there are kinds of them. Older ones are dropped.
const WAITING_MAX: usize = 64;
/// How long a webhook may take.
const PATIENCE: Span = Span::from_secs(5);
/// Times that a webhook is tried, and how long is waited between.
const TRIES: u32 = 5;
const PAUSE: Span = Span::from_secs(2);
/// Largest answer of a webhook; it is not looked at.
const ANSWER_BYTES: usize = 64 << 10;

/// An alarm as it is told.
#[derive(Clone, Debug, Serialize)]
struct Alarm {
    /// In milliseconds since 1970.
    at: u64,
    /// Always `venue`.
    part: &'static str,
    kind: &'static str,
    text: String,
}

/// Alarms that are to be told.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    waiting: Mutex<VecDeque<Alarm>>,
    more: Notify,
}

impl Alarms {
    /// Raises an alarm.
    pub(crate) fn raise(&self, kind: &'static str, text: &str) {
        tracing::error!(kind, text, "alarm");
        let alarm = Alarm { at: now_ms(), part: "venue", kind, text: text.to_owned() };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(alarm);
        drop(waiting);
        self.more.notify_one();
    }

    fn take(&self) -> Option<Alarm> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Tells alarms to webhooks until `stopped` says so.
    pub(crate) async fn tell(
        self: Arc<Self>,
        webhooks: Vec<Endpoint>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let clients: Vec<Client> =
            webhooks.into_iter().map(|hook| Client::new(hook, ANSWER_BYTES)).collect();
        loop {
            while let Some(alarm) = self.take() {
                let Ok(text) = serde_json::to_vec(&alarm) else { continue };
                let text = Bytes::from(text);
                for client in &clients {
                    post(client, &text).await;
                }
            }
            task::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = self.more.notified() => {}
            }
        }
    }
}

async fn post(client: &Client, text: &Bytes) {
    for _ in 0..TRIES {
        match client.post(text.clone(), &HeaderMap::new(), PATIENCE).await {
            Ok(answer) if answer.status.is_success() => return,
            Ok(answer) => tracing::warn!(status = %answer.status, "a webhook refuses an alarm"),
            Err(error) => tracing::warn!(%error, "a webhook does not answer"),
        }
        clock::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_alarms_are_kept() {
        // A storm of alarms must not fill the memory while a webhook is away.
        let alarms = Alarms::default();
        for number in 0..100 {
            alarms.raise("test", &number.to_string());
        }
        let first = alarms.take().expect("there are some");
        assert_eq!((first.text.as_str(), first.part), ("36", "venue"));
    }
}
