//! What the gateway says of its upstreams while the drill runs.

use std::collections::BTreeMap;

use serde_json::Value;
use units::Span;

use crate::front::Caller;

/// How long it is waited for.
const PATIENCE: Span = Span::from_secs(1);

/// What has been seen of it.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Each verdict and since when it holds, in seconds of the run, with its reason.
    pub(super) verdicts: Vec<(f64, String, String)>,
    /// For each upstream its states and since when.
    pub(super) states: BTreeMap<String, Vec<(f64, String)>>,
}

impl Watched {
    /// Looks at a chain of the gateway.
    pub(super) async fn look(&mut self, gateway: &Caller, chain: &str, at: f64) {
        let Some(answer) = gateway.get(&format!("/v1/chains/{chain}"), PATIENCE).await else {
            return;
        };
        let Ok(shown) = serde_json::from_slice::<Value>(&answer.body) else { return };
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let verdict = text(shown.get("verdict"));
        if !verdict.is_empty() && self.verdicts.last().is_none_or(|(_, last, _)| *last != verdict) {
            self.verdicts.push((at, verdict, text(shown.get("reason"))));
        }
        for upstream in shown.get("upstreams").and_then(Value::as_array).into_iter().flatten() {
            let states = self.states.entry(text(upstream.get("name"))).or_default();
            let state = text(upstream.get("state"));
            if states.last().is_none_or(|(_, last)| *last != state) {
                states.push((at, state));
            }
        }
    }

    /// The state of an upstream at a time.
    pub(super) fn state(&self, upstream: &str, at: f64) -> Option<&str> {
        let states = self.states.get(upstream)?;
        let before = states.iter().take_while(|(since, _)| *since <= at);
        before.last().map(|(_, state)| state.as_str())
    }

    /// When from `from` on an upstream first stood in a state.
    pub(super) fn first(&self, upstream: &str, state: &str, from: f64) -> Option<f64> {
        let states = self.states.get(upstream)?;
        if self.state(upstream, from) == Some(state) {
            return Some(from);
        }
        states.iter().find(|(since, is)| *since > from && is == state).map(|(since, _)| *since)
    }
}
