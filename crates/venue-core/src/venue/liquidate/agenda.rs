//! Whose turn it is when: nobody is looked at before, however many wait.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Codec, CodecError, Reader};
use units::{Span, Timestamp};

use crate::id::MarketId;
use crate::tape::TapeEnd;
use crate::venue::liquidate::Party;

/// When who cannot be liquidated now is looked at again. Long enough that a crowd that waits for a price is not gone
/// through at each tick of the others.
const AGAIN: Span = Span::from_secs(1);

/// What the liquidation engine remembers between its steps.
#[derive(Debug, Default)]
pub(crate) struct Liquidations {
    /// Who may be due and has not begun, and when to look.
    noted: BTreeMap<Party, Timestamp>,
    /// Who is being liquidated.
    cases: BTreeMap<Party, Case>,
    /// The end of the tape.
    pub(crate) tape: TapeEnd,
    /// All of `noted` and `cases`, by time, but for those whose turn it is just now.
    agenda: BTreeSet<(Timestamp, Party)>,
}

/// One liquidation that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// Since when it has waited for the book.
    pub(super) since: Timestamp,
    /// When its next turn is.
    next: Timestamp,
    /// The market in which a position of it was closed last.
    pub(super) closed_in: Option<MarketId>,
}

machine::codec_struct! { Case { since, next, closed_in } }

impl Codec for Liquidations {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { noted, cases, tape, agenda: _ } = self;
        noted.encode(bytes);
        cases.encode(bytes);
        tape.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let noted: BTreeMap<Party, Timestamp> = Codec::decode(reader)?;
        let cases: BTreeMap<Party, Case> = Codec::decode(reader)?;
        let waiting = noted.iter().map(|(party, next)| (*next, *party));
        let open = cases.iter().map(|(party, case)| (case.next, *party));
        let agenda = waiting.chain(open).collect();
        Ok(Self { noted, cases, tape: Codec::decode(reader)?, agenda })
    }
}

/// When to look again at who could not be liquidated.
pub(super) fn again(now: Timestamp) -> Timestamp {
    now.after(AGAIN)
}

impl Liquidations {
    /// Notes that a party may be due, if it is not known already.
    pub(super) fn note(&mut self, party: Party, now: Timestamp) {
        if !self.knows(party) {
            self.noted.insert(party, now);
            self.agenda.insert((now, party));
        }
    }

    /// Whether a party is being liquidated, or noted.
    pub(super) fn knows(&self, party: Party) -> bool {
        self.cases.contains_key(&party) || self.noted.contains_key(&party)
    }

    /// A liquidation that is under way.
    pub(super) fn case(&self, party: Party) -> Option<&Case> {
        self.cases.get(&party)
    }

    /// How many are under way.
    pub(crate) fn open(&self) -> usize {
        self.cases.len()
    }

    /// Takes all whose time it is off the agenda: those who have not begun, by their order, and those whose turn it is.
    pub(super) fn take_until(&mut self, now: Timestamp) -> (Vec<Party>, Vec<Party>) {
        let (mut noted, mut turns) = (Vec::new(), Vec::new());
        while let Some((_, party)) = self.agenda.first().filter(|(at, _)| *at <= now).copied() {
            let _ = self.agenda.pop_first();
            if self.cases.contains_key(&party) {
                turns.push(party);
            } else {
                noted.push(party);
            }
        }
        noted.sort_unstable();
        (noted, turns)
    }

    /// Forgets a party that has not begun.
    pub(super) fn forget(&mut self, party: Party) {
        self.noted.remove(&party);
    }

    /// Puts off a party that has not begun, and cannot now.
    pub(super) fn look_again(&mut self, party: Party, now: Timestamp) {
        let next = again(now);
        self.noted.insert(party, next);
        self.agenda.insert((next, party));
    }

    /// Begins a liquidation; the caller gives it a turn at once.
    pub(super) fn begin(&mut self, party: Party, now: Timestamp) {
        self.noted.remove(&party);
        self.cases.insert(party, Case { since: now, next: now, closed_in: None });
    }

    /// Sets when a party's next turn is, once it has had one.
    pub(super) fn wait_until(&mut self, party: Party, next: Timestamp) {
        if let Some(case) = self.cases.get_mut(&party) {
            case.next = next;
            self.agenda.insert((next, party));
        }
    }

    /// A party cannot be liquidated at its turn: its wait begins anew.
    pub(super) fn wait_anew(&mut self, party: Party, now: Timestamp) {
        if let Some(case) = self.cases.get_mut(&party) {
            case.since = now;
        }
        self.wait_until(party, again(now));
    }

    /// Notes where a position of a party was closed last.
    pub(super) fn closed_in(&mut self, party: Party, market: MarketId) {
        if let Some(case) = self.cases.get_mut(&party) {
            case.closed_in = Some(market);
        }
    }

    /// Ends a liquidation, at its turn.
    pub(super) fn end(&mut self, party: Party) {
        self.cases.remove(&party);
    }
}
