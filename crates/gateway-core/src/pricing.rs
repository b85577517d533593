//! Whom prices are asked of: one healthy upstream a block, each time another one.

use units::{Span, Timestamp};

use crate::chain::Chain;
use crate::class::MethodClass;
use crate::fees::{FeeReport, FeeSource, from_gas_price, from_history};
use crate::probe::{Probe, ProbeAnswer, ProbeFailure, ProbeOrder};
use crate::quota::Headroom;
use crate::settings::UpstreamId;
use crate::upstream::{Relation, State};

/// How long a price is good at least, for chains whose blocks come faster than anybody can act on.
const FRESH_MIN: Span = Span::from_secs(15);

/// How many block times a price is good: after five full blocks the base fee may have gone up by 80 %.
const FRESH_BLOCKS: u64 = 5;

impl Chain {
    /// What inclusion costs, as far as is known.
    #[must_use]
    pub fn fees(&self, now: Timestamp) -> FeeReport {
        self.fees.report(now, self.fees_fresh_for())
    }

    fn fees_fresh_for(&self) -> Span {
        self.settings.block_time.times(FRESH_BLOCKS).max(FRESH_MIN)
    }

    /// The question for prices, where one is due: once a block, and also while no block comes, before the
    /// last answer is too old.
    pub(crate) fn poll_fees(&mut self, now: Timestamp) -> Option<ProbeOrder> {
        let block = self.agreed?;
        let known = self.fees.quote.is_some_and(|quote| {
            quote.block == block && now.since(quote.at) < self.fees_fresh_for().divided_by(2)
        });
        if known || self.fees.asking || now < self.fees.rest_until {
            return None;
        }
        let able: Vec<UpstreamId> = (0..self.upstreams.len())
            .filter(|index| self.can_tell_fees(*index, now))
            .filter_map(|index| u8::try_from(index).ok().map(UpstreamId))
            .collect();
        let sources = [FeeSource::History, FeeSource::GasPrice];
        let chosen = sources.into_iter().find_map(|source| {
            let willing: Vec<UpstreamId> =
                able.iter().copied().filter(|id| !self.fees.is_refused(now, *id, source)).collect();
            let turn = self.fees.turn.checked_rem(willing.len())?;
            willing.get(turn).map(|id| (*id, source))
        });
        self.fees.all_refuse = chosen.is_none() && !able.is_empty();
        let (upstream, source) = chosen?;
        self.upstreams.get_mut(upstream.index())?.quota.count(now);
        self.fees.asking = true;
        self.fees.turn = self.fees.turn.wrapping_add(1);
        let probe = match source {
            FeeSource::History => Probe::FeeHistory(block),
            FeeSource::GasPrice => Probe::GasPrice(block),
        };
        Some(ProbeOrder { upstream, probe, timeout: self.settings.probe_timeout() })
    }

    /// Whether an upstream is well and stands where the prices are asked for.
    fn can_tell_fees(&self, index: usize, now: Timestamp) -> bool {
        self.upstreams.get(index).is_some_and(|upstream| {
            upstream.state == State::Serving
                && matches!(upstream.relation, Relation::Holds(_))
                && !upstream.is_throttled(now)
                && upstream.admits(MethodClass::Fee)
                && upstream.quota.headroom(now) != Headroom::Spent
        })
    }

    /// Prices were told, or not. What went wrong here is no news of the upstream's health: heads are.
    pub(crate) fn on_fees(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        probe: Probe,
        answer: ProbeAnswer,
    ) {
        self.fees.asking = false;
        let quote = match (&probe, &answer) {
            (Probe::FeeHistory(block), ProbeAnswer::FeeHistory(history)) => {
                from_history(now, *block, history)
            }
            (Probe::GasPrice(block), ProbeAnswer::GasPrice(price)) => {
                Some(from_gas_price(now, *block, *price))
            }
            (_, _) => None,
        };
        if let Some(quote) = quote {
            self.fees.take(quote);
            return;
        }
        self.fees.rest_until = now.after(self.settings.poll_interval());
        match (probe, answer) {
            (_, ProbeAnswer::Failed(ProbeFailure::Throttled(pause))) => {
                self.throttle(now, id, pause);
            }
            (Probe::FeeHistory(_), ProbeAnswer::Failed(ProbeFailure::Refused(_))) => {
                self.fees.refuse(now, id, FeeSource::History);
            }
            (Probe::GasPrice(_), ProbeAnswer::Failed(ProbeFailure::Refused(_))) => {
                self.fees.refuse(now, id, FeeSource::GasPrice);
            }
            // Late, cut off, or about another block: somebody else is asked in a moment.
            (_, _) => {}
        }
    }
}
