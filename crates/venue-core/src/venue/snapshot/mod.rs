//! The whole venue as bytes, and back.
//!
//! A snapshot is taken between two commands. What is worked out from the rest (tables of orders, triggers, timers) is
//! not in it, so that the same state gives the same bytes, whatever way it was come to; their SHA-256 is the digest of
//! the state.

mod state;

use machine::{Codec, CodecError, CodecMistake, Reader};
use sha2::{Digest as _, Sha256};
use units::Timestamp;

use crate::codec::FORMAT;
use crate::command::Lifetime;
use crate::event::Event;
use crate::id::MarketId;
use crate::orders::{OrderPlace, OrderTable};
use crate::state::WaitingOrders;
use crate::venue::Venue;
use crate::venue::cancel::countdown_number;
use crate::venue::timers::{TimerKind, Timers};
use state::{read_chain, resting, write_chain};

/// What a snapshot begins with, before the format.
const MAGIC: [u8; 8] = *b"SWVENUE\n";

/// The length of the hash that a snapshot ends with.
const HASH: usize = 32;

/// Why a snapshot cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// It does not begin as one.
    #[error("this is no snapshot of a venue")]
    Magic,
    /// It is of another version of the format.
    #[error(
        "the snapshot is of format {0}, which another version of this program has written; this one reads format {FORMAT}"
    )]
    Format(u16),
    /// Bytes were changed or are missing.
    #[error("the snapshot's hash is not that of its bytes: it is damaged or cut off")]
    Hash,
    /// The bytes are what was written, and still not a venue.
    #[error("the snapshot does not hold a venue: {0}")]
    Content(#[from] CodecError),
}

impl Venue {
    /// All of the venue, with the format and a hash.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        MAGIC.encode(&mut bytes);
        FORMAT.encode(&mut bytes);
        self.write(&mut bytes);
        let hash: [u8; HASH] = Sha256::digest(&bytes).into();
        hash.encode(&mut bytes);
        bytes
    }

    /// The venue that a snapshot was taken of. From here on the same commands give the same events.
    ///
    /// # Errors
    /// Where the bytes are no snapshot, of another format, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let body = bytes.len().checked_sub(HASH).ok_or(SnapshotError::Hash)?;
        let (body, hash) = bytes.split_at_checked(body).ok_or(SnapshotError::Hash)?;
        let mut reader = Reader::new(body);
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(SnapshotError::Magic);
        }
        let format = u16::decode(&mut reader)?;
        if format != FORMAT {
            return Err(SnapshotError::Format(format));
        }
        if Sha256::digest(body).as_slice() != hash {
            return Err(SnapshotError::Hash);
        }
        let venue = Self::read(&mut reader)?;
        if reader.rest().is_empty() {
            Ok(venue)
        } else {
            Err(reader.error(CodecMistake::Rest).into())
        }
    }

    /// The digest of the state: equal for equal states, and for nothing else.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        Sha256::digest(&bytes).into()
    }

    /// Tells the digest where it is time for it.
    pub(super) fn tell_digest(&self, events: &mut Vec<Event>) {
        if self.commands.checked_rem(self.settings.digest_every) == Some(0) {
            events.push(Event::Digest { commands: self.commands, digest: self.digest() });
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let Self { now, commands, settings, assets, markets, accounts, legs, ledger, .. } = self;
        let Self { orders_numbered, waiting, guards, liquidations, halted, .. } = self;
        let Self { covered_at, known_coverage, assets_moved, .. } = self;
        // Worked out from the rest, or empty between commands. Who is to be looked at makes no difference: whoever is
        // due among everybody is so among them.
        let Self { timers: _, orders: _, moved: _, dirty: _, met: _, scratch: _, .. } = self;
        let Self { touched: _, watch: _, rosters: _, .. } = self;
        (*now, *commands).encode(bytes);
        settings.encode(bytes);
        assets.encode(bytes);
        markets.encode(bytes);
        accounts.encode(bytes);
        legs.encode(bytes);
        for leg in legs {
            if let Some(market) = self.markets.get(leg.market.place()) {
                write_chain(&market.book, leg.chain, bytes);
            }
        }
        ledger.encode(bytes);
        orders_numbered.encode(bytes);
        waiting.encode(bytes);
        guards.encode(bytes);
        liquidations.encode(bytes);
        (*covered_at, *known_coverage).encode(bytes);
        (*assets_moved, *halted).encode(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut venue = Self::new();
        (venue.now, venue.commands) = Codec::decode(reader)?;
        venue.settings = Codec::decode(reader)?;
        venue.assets = Codec::decode(reader)?;
        venue.markets = Codec::decode(reader)?;
        venue.accounts = Codec::decode(reader)?;
        venue.legs = Codec::decode(reader)?;
        venue.orders = venue.places_of_orders();
        venue.read_chains(reader)?;
        venue.ledger = Codec::decode(reader)?;
        venue.orders_numbered = Codec::decode(reader)?;
        venue.waiting = WaitingOrders::decode(reader)?;
        venue.guards = Codec::decode(reader)?;
        venue.liquidations = Codec::decode(reader)?;
        (venue.covered_at, venue.known_coverage) = Codec::decode(reader)?;
        (venue.assets_moved, venue.halted) = Codec::decode(reader)?;
        venue.set_triggers();
        venue.timers = venue.timers_to_come();
        venue.watch_everybody();
        Ok(venue)
    }

    fn places_of_orders(&self) -> OrderTable {
        let mut orders = OrderTable::new();
        for (number, market) in (0..).zip(&self.markets) {
            let market_id = MarketId::new(number);
            for (slot, order) in resting(&market.book) {
                orders.insert(order.id, OrderPlace { market: market_id, slot });
            }
        }
        orders
    }

    fn read_chains(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let odd = reader.error(CodecMistake::Value);
        for leg in &mut self.legs {
            let market = leg.market;
            let book = &mut self.markets.get_mut(market.place()).ok_or(odd)?.book;
            leg.chain = read_chain(book, reader, |order| {
                self.orders.get(order).filter(|at| at.market == market).map(|at| at.slot)
            })?;
        }
        Ok(())
    }

    /// When orders expire and count-downs end.
    fn timers_to_come(&self) -> Timers {
        let mut timers = Timers::default();
        for market in &self.markets {
            for (_, order) in resting(&market.book) {
                if order.expires != Timestamp::MAX {
                    timers.set(order.expires, TimerKind::Expiry, order.id.number());
                }
            }
        }
        for (order, waiting) in self.waiting.iter() {
            if let Lifetime::GoodTill(until) = waiting.placed.lifetime {
                timers.set(until, TimerKind::Expiry, order.number());
            }
        }
        for leg in self.legs.iter().filter(|leg| leg.cancel_at != Timestamp::MAX) {
            let number = countdown_number(leg.account, leg.market);
            timers.set(leg.cancel_at, TimerKind::CancelAfter, number);
        }
        timers
    }

    fn set_triggers(&mut self) {
        for (order, waiting) in self.waiting.iter() {
            let Some(market) = self.markets.get_mut(waiting.placed.market.place()) else {
                continue;
            };
            market.triggers_mut(waiting.trigger.by).insert(order, waiting);
        }
    }
}
