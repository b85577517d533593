//! The users of a run, and what both chains and the gateway are seen to be meanwhile.

use std::fmt;

use runtime::client::{Client, Endpoint};
use runtime::clock;
use units::{Span, Timestamp};

use super::course::{Fault, Plan, Seen};
use super::reader::Reader;
use crate::front::{Caller, Front};

/// How often chains and gateway are looked at.
const LOOKS_EVERY: Span = Span::from_millis(50);
/// Largest answer that is read: a block with the hashes of its transactions has some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The nodes by which answers are judged, and the account whose balance tells the branches apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judges<'a> {
    /// The URL of one that follows the chain.
    pub(super) own: &'a str,
    /// The URL of one with the bug, where there is one.
    pub(super) wrong: Option<&'a str>,
    /// The account that owns something on the wrong chain alone.
    pub(super) earner: &'a str,
}

/// Users who read through a gateway.
pub(super) struct Users {
    gateway: Option<Caller>,
    chain: String,
    own: Client,
    wrong: Option<Client>,
    reader: Reader,
    start: Timestamp,
    looked: Timestamp,
    seen: Seen,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Users {
    /// Users who come from now on.
    ///
    /// # Errors
    /// Where a node's URL is none.
    pub(super) fn come(
        plan: &Plan,
        front: &Front,
        judges: Judges<'_>,
        seed: u64,
    ) -> Result<Self, String> {
        let client =
            |url: &str| Ok::<_, String>(Client::new(Endpoint::parse(url)?, ANSWER_BYTES_MAX));
        let wrong = judges.wrong.filter(|_| plan.fault == Fault::Minority);
        Ok(Self {
            gateway: front.tells().then(|| front.caller(ANSWER_BYTES_MAX)),
            chain: plan.chain.clone(),
            own: client(judges.own)?,
            wrong: wrong.map(client).transpose()?,
            reader: Reader::new(front.caller(ANSWER_BYTES_MAX), judges.earner, plan.rate, seed),
            start: clock::now(),
            looked: Timestamp::ZERO,
            seen: Seen::default(),
        })
    }

    /// What has been seen, for whoever knows more of the run.
    pub(super) const fn seen(&mut self) -> &mut Seen {
        &mut self.seen
    }

    /// Makes so many reads a second from now on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.reader.set_rate(rate);
    }

    /// The time of the run, in seconds.
    pub(super) fn at(&self) -> f64 {
        clock::now().since(self.start).as_micros() as f64 / 1e6
    }

    /// Lets so many seconds pass with reads and looks.
    pub(super) async fn pass(&mut self, seconds: f64) {
        let until = clock::now().after(Span::from_micros((seconds.max(0.0) * 1e6) as u64));
        while clock::now() < until {
            self.reader.tick();
            if clock::now().since(self.looked) >= LOOKS_EVERY {
                self.looked = clock::now();
                self.look().await;
            }
            let next = self.reader.next().min(self.looked.after(LOOKS_EVERY)).min(until);
            clock::sleep_until(next).await;
        }
    }

    async fn look(&mut self) {
        let at = self.at();
        self.seen.main.look(&self.own, at, 0).await;
        if let Some(gateway) = &self.gateway {
            self.seen.watched.look(gateway, &self.chain, at).await;
        }
        if let Some(wrong) = &self.wrong
            && self.seen.fork_block > 0
            && self.seen.healed_at == 0.0
        {
            self.seen.minority.look(wrong, at, self.seen.fork_block).await;
        }
    }

    /// What was seen; answers that are still under way count as not given.
    pub(super) fn end(mut self) -> Seen {
        self.seen.ended_at = self.at();
        self.seen.records = self.reader.records();
        self.seen
    }
}
