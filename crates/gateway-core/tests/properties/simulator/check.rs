//! What must hold in every world, worked out without the core's own book-keeping.

use std::collections::BTreeMap;

use gateway_core::BlockRef;

use super::plan::{BUDGET_PERCENT, Plan, SECOND};

/// Extra calls that the budget allows whatever the traffic: ten a second over ten seconds.
const RESERVE: u64 = 100;

/// First and extra calls by second.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    calls: BTreeMap<u64, u64>,
    extras: BTreeMap<u64, u64>,
}

impl Budget {
    pub(crate) fn call(&mut self, now: u64) {
        *self.calls.entry(now / SECOND).or_default() += 1;
    }

    /// Counts an extra call; what is wrong, where it is one too many for the ten seconds that end with the
    /// current one.
    pub(crate) fn extra(&mut self, now: u64) -> Result<(), String> {
        let second = now / SECOND;
        *self.extras.entry(second).or_default() += 1;
        let window = second.saturating_sub(9)..=second;
        let calls: u64 = self.calls.range(window.clone()).map(|(_, count)| count).sum();
        let extras: u64 = self.extras.range(window).map(|(_, count)| count).sum();
        let allowed = calls * u64::from(BUDGET_PERCENT) / 100 + RESERVE;
        if extras > allowed {
            return Err(format!("{extras} extra calls in ten seconds with {calls} first ones"));
        }
        Ok(())
    }

    pub(crate) fn extras(&self) -> u64 {
        self.extras.values().sum()
    }
}

/// Watches the agreed head from step to step.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    last: Option<BlockRef>,
    /// Since when honest nodes have had most votes without a break.
    honest_since: Option<u64>,
}

impl Heads {
    /// Notes whether honest nodes have most votes; also while nobody is looked at, because all asked for a pause.
    pub(crate) fn watch(&mut self, plan: &Plan, now: u64) {
        let honest = plan.honest_majority(now) && !plan.wild;
        self.honest_since = honest.then(|| self.honest_since.unwrap_or(now));
    }

    /// What is wrong with the agreed head after a step, if anything is.
    pub(crate) fn check(
        &mut self,
        plan: &Plan,
        now: u64,
        head: Option<BlockRef>,
        reorg: bool,
    ) -> Result<(), String> {
        self.watch(plan, now);
        let Some(head) = head else { return Ok(()) };
        if let Some(last) = self.last.replace(head)
            && last != head
            && !reorg
        {
            if head.number <= last.number {
                return Err(format!("head went from {last} to {head} without a reorg"));
            }
            if !plan.truth.holds(&plan.lies, head.hash, last) {
                return Err(format!("head {head} does not follow {last}, and no reorg was told"));
            }
        }
        // Long enough for the gateway to have seen and settled whatever there was to settle before.
        let settled = 6 * plan.block_time + 6 * SECOND;
        let steady = self.honest_since.is_some_and(|since| since == 0 || now - since > settled);
        if !steady && !plan.lies.is_empty() {
            return Ok(());
        }
        let on_chain = |tip: BlockRef| plan.truth.holds(&[], tip.hash, head);
        let mut tips = plan.truth.tips_between(now.saturating_sub(settled), now);
        let is_true = plan.truth.born(&head.hash).is_some_and(|born| born <= now)
            && (!steady || tips.any(on_chain));
        if !is_true {
            return Err(format!("head {head} is not of the true chain"));
        }
        Ok(())
    }
}
