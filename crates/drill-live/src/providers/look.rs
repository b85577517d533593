//! What the gateway says of its upstreams, held against how they are.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use incident::Watch;
use practice::World;
use runtime::client::{Client, Endpoint};
use runtime::clock;
use serde_json::Value;
use units::{Span, Timestamp};

use super::clients::Crowd;
use super::provider::Provider;
use crate::front::Front;

/// How often is looked.
const EVERY: Span = Span::from_millis(100);
/// How long an answer about the chain may take.
const WITHIN: Span = Span::from_secs(2);
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long an upstream has to have been well before it counts as wrongly put out, in seconds: probes and trials need
/// about as long to find that it is back.
const WELL_SINCE: f64 = 4.0;

/// What is looked at.
#[derive(Debug)]
pub(super) struct Look<'a> {
    /// The gateway, which may tell of the chain.
    pub(super) front: &'a Front,
    /// Where its status page is, if there is one.
    pub(super) page: Option<SocketAddr>,
    /// Whether that page lies with the first provider.
    pub(super) page_inside: bool,
    /// The chain's name.
    pub(super) chain: String,
    /// The providers.
    pub(super) providers: &'a [Provider],
    /// Which provider each upstream is, in the order of the configuration.
    pub(super) upstreams: Vec<usize>,
    /// The chain behind the providers.
    pub(super) world: &'a World,
    /// Whose run it is.
    pub(super) crowd: Arc<Crowd>,
    /// Who is told of the progress.
    pub(super) watch: &'a dyn Watch,
}

impl Look<'_> {
    /// Looks until a time.
    ///
    /// # Errors
    /// Where the address is none.
    pub(super) async fn until(&self, ends: Timestamp, lasts: f64) -> Result<(), String> {
        let caller = self.front.caller(ANSWER_BYTES_MAX);
        let path = format!("/v1/chains/{}", self.chain);
        let page = self.page.map(|at| Endpoint::parse(&format!("http://{at}"))).transpose()?;
        let page = page.map(|at| Client::new(at, ANSWER_BYTES_MAX));
        let mut well_since = vec![f64::NEG_INFINITY; self.providers.len()];
        let (mut asked, mut last) = (0_u64, 0.0);
        let (mut blocks, mut out_before) = (Blocks::default(), Vec::new());
        let mut page_shows: Option<Value> = None;
        while clock::now() < ends {
            clock::sleep(EVERY).await;
            let answer = match self.front.tells() {
                true => caller.get(&path, WITHIN).await,
                false => None,
            };
            let said: Option<Value> = answer.and_then(|it| serde_json::from_slice(&it.body).ok());
            let page_says = match &page {
                Some(page) => page.get("/api/v2/components.json", WITHIN).await.ok(),
                None => None,
            };
            let page_says = page_says.and_then(|it| serde_json::from_slice(&it.body).ok());
            let now = clock::now();
            // What lies with a provider that fails stays as it was.
            if !self.page_inside || self.providers.first().is_some_and(|it| it.desk().is_well(now))
            {
                page_shows = page_says;
            }
            let seconds = self.crowd.seconds(now);
            for (provider, since) in self.providers.iter().zip(&mut well_since) {
                if !provider.desk().is_well(now) {
                    *since = seconds;
                }
            }
            let total = self.providers.iter().map(|it| it.desk().asked()).sum::<u64>();
            let mut tally = self.crowd.tally();
            tally.asked(seconds, total.saturating_sub(asked));
            tally.blind += if self.is_blind(said.as_ref(), now) { seconds - last } else { 0.0 };
            if page.is_some() && self.is_page_wrong(page_shows.as_ref(), now) {
                tally.page_wrong += seconds - last;
            }
            if let Some(said) = &said {
                let out = self.good_out(said, seconds, &well_since);
                let count = out.iter().filter(|out| **out).count();
                tally.good_out += count as f64 * (seconds - last);
                let was_in = |nth: usize| !out_before.get(nth).copied().unwrap_or(false);
                let put_out = out.iter().enumerate().filter(|(nth, out)| **out && was_in(*nth));
                tally.good_removed += put_out.count() as u64;
                out_before = out;
            }
            let newest = self.world.nodes().iter().map(|node| node.head.0).max();
            let known = said.as_ref().and_then(|it| it.get("head")?.get("number")?.as_u64());
            tally.stale = tally.stale.max(blocks.age(newest.unwrap_or_default(), known, seconds));
            drop(tally);
            (asked, last) = (total, seconds);
            self.watch.progress((seconds / lasts * 1_000.0) as u32, "clients come");
        }
        Ok(())
    }

    /// Whether fewer than two domains are well and nothing is said of it.
    fn is_blind(&self, said: Option<&Value>, now: Timestamp) -> bool {
        let mut well: Vec<usize> = self.upstreams.clone();
        well.retain(|nth| self.providers.get(*nth).is_some_and(|it| it.desk().is_well(now)));
        well.sort_unstable();
        well.dedup();
        well.len() < 2 && !said.is_some_and(says_so)
    }

    /// Whether the page says that all works while some provider does not, or the other way round. A page that says nothing
    /// is wrong, too.
    fn is_page_wrong(&self, page: Option<&Value>, now: Timestamp) -> bool {
        let all_well = self.providers.iter().all(|it| it.desk().is_well(now));
        let components = page.and_then(|it| it.get("components")).and_then(Value::as_array);
        let Some(components) = components else { return true };
        let works = |it: &Value| it.get("status").is_some_and(|status| status == "operational");
        components.iter().all(works) != all_well
    }

    /// Which upstreams are out that have been well for long enough.
    fn good_out(&self, said: &Value, seconds: f64, well_since: &[f64]) -> Vec<bool> {
        let upstreams = said.get("upstreams").and_then(Value::as_array).into_iter().flatten();
        let is_wrong = |(upstream, provider): (&Value, &usize)| {
            let since = well_since.get(*provider).copied().unwrap_or(seconds);
            seconds - since > WELL_SINCE && is_out(upstream)
        };
        upstreams.zip(&self.upstreams).map(is_wrong).collect()
    }
}

/// When the chain's blocks were first seen, to tell how old is what somebody takes for the newest.
#[derive(Debug, Default)]
struct Blocks(BTreeMap<u64, f64>);

impl Blocks {
    /// For how long there has been a newer block than the one that is known, in seconds. Who knows none yet, or does not
    /// say, is no older than that.
    fn age(&mut self, newest: u64, known: Option<u64>, now: f64) -> f64 {
        self.0.entry(newest).or_insert(now);
        let newer = known.and_then(|known| self.0.range(known.checked_add(1)?..).next());
        newer.map_or(0.0, |(_, seen)| now - seen)
    }
}

fn is_out(upstream: &Value) -> bool {
    let serves = upstream.get("state").and_then(Value::as_str);
    let out_for = upstream.get("out_for").and_then(Value::as_array);
    !matches!(serves, Some("serving" | "probation")) || out_for.is_some_and(|it| !it.is_empty())
}

fn says_so(chain: &Value) -> bool {
    let serving = chain.get("domains_serving").and_then(Value::as_u64);
    let warnings = chain.get("warnings").and_then(Value::as_array).into_iter().flatten();
    let mut warnings = warnings.filter_map(Value::as_str);
    serving.is_some_and(|it| it < 2)
        || warnings.any(|it| it.starts_with("one healthy domain") || it.starts_with("none of"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_as_old_as_the_first_block_after_it() {
        // Counted from the newest block a head that is minutes behind would look a second old.
        let mut blocks = Blocks::default();
        assert_eq!(blocks.age(7, Some(7), 1.0), 0.0);
        assert_eq!(blocks.age(8, Some(7), 2.0), 0.0);
        assert_eq!(blocks.age(9, Some(7), 3.0), 1.0);
        assert_eq!(blocks.age(11, Some(7), 4.5), 2.5);
        assert_eq!(blocks.age(11, Some(11), 5.0), 0.0);
        assert_eq!(blocks.age(12, None, 6.0), 0.0);
    }
}
