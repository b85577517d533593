//! Whether headers hash to their hash on this chain, and who shows ones that do not.
//!
//! Not every chain hashes headers in the way that is known here, and an upgrade may change how. So it is
//! learnt: a header that does not hash to its hash is its upstream's fault only while headers of others do,
//! and of no fewer domains than show such that do not. Where all headers fail the check is off.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::Header;
use crate::chain::Chain;
use crate::event::EventKind;
use crate::probe::ProbeAnswer;
use crate::settings::UpstreamId;

impl Chain {
    /// Whether headers of this chain are known to hash to their hash: one that does not is wrong.
    #[must_use]
    pub const fn headers_hash(&self) -> bool {
        self.seals.sure
    }

    /// Turns a header whose hash was looked at into one that may be used; `None` where it is forged.
    pub(crate) fn unseal(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        answer: ProbeAnswer,
    ) -> Option<ProbeAnswer> {
        let ProbeAnswer::Hashed { header, matches } = answer else { return Some(answer) };
        self.upstreams.get_mut(id.index())?.trust.seal = Some(matches);
        self.learn_seals(now);
        if matches || !self.seals.sure {
            return Some(ProbeAnswer::Header(Some(header)));
        }
        self.on_forged_header(now, id, &header);
        None
    }

    fn on_forged_header(&mut self, now: Timestamp, id: UpstreamId, header: &Header) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        let why = format!("its header of block {} does not hash to its hash", header.block());
        upstream.heard = true;
        upstream.last_failure = Some(why.clone());
        let new = upstream.trust.forged.is_none();
        upstream.trust.forged = Some(why.clone());
        // Counted once for each time it begins: the same header comes with every poll.
        if new {
            upstream.trust.note(now, "header_hash");
            self.log(now, Some(id), EventKind::Integrity, format!("wrong answer: {why}"));
        }
    }

    fn learn_seals(&mut self, now: Timestamp) {
        let mut domains: BTreeMap<usize, bool> = BTreeMap::new();
        for (index, upstream) in self.upstreams.iter().enumerate() {
            let Some(matches) = upstream.trust.seal else { continue };
            let any = domains.entry(self.domains.of(index)).or_insert(false);
            *any |= matches;
        }
        let matching = domains.values().filter(|matches| **matches).count();
        let failing = domains.len().saturating_sub(matching);
        self.seals.sure = matching > 0 && matching >= failing;
        for upstream in &mut self.upstreams {
            let mended = upstream.trust.seal != Some(false);
            if mended || !self.seals.sure {
                upstream.trust.forged = None;
            }
        }
        let heard = self.upstreams.iter().filter(|upstream| upstream.trust.seal.is_some()).count();
        let all_heard = heard >= self.upstreams.len().min(2);
        if matching == 0 && failing > 0 && all_heard && !self.seals.told {
            self.seals.told = true;
            let text = "headers are not checked by their hash: nobody's header hashes to its hash in the way \
                        known here";
            self.log(now, None, EventKind::Integrity, text.to_owned());
        }
    }
}
