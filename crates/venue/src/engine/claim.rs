//! What work is, as far as it matters for when it is done: found from the state at its arrival.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use venue_core::{Command, Promised};
use venue_views::Desk;

use super::work::Work;

/// What work is, as far as it matters for when it is done. Nothing of it is taken from what a client says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Whether it can only cut its account's risk. Checked once more when it is taken.
    pub cuts_risk: bool,
    /// How many orders its account has open.
    pub open_orders: u32,
    /// The same for the same effect, where doing it twice does no more than doing it once.
    pub key: Option<u64>,
}

impl Claim {
    /// What some work is, as its account stands now. `keys` makes keys that nobody can work out.
    pub(super) fn of(desk: &Desk, work: &Work, keys: &RandomState) -> Self {
        let Some(account) = work.account else { return Self::default() };
        Self {
            cuts_risk: desk.venue().cuts_risk(&work.command, &Promised::default()),
            open_orders: desk.venue().open_orders_of(account),
            key: is_repeatable(work).then(|| key(work, keys)),
        }
    }
}

/// Whether doing it twice, whatever else is done between, does no more than doing it once. A cancelled order does not come
/// back, and of orders with a name of its own an account has one open. A change of an order or of a setting may be changed
/// back between, and what is cancelled with all others may come after the first time.
fn is_repeatable(work: &Work) -> bool {
    let names = &work.labels.clients;
    let orders = if let Command::PlaceAll(list) = &work.command { list.len() } else { 1 };
    let named = || names.len() == orders && names.iter().all(|name| !name.is_none());
    let places = matches!(work.command, Command::Place(_) | Command::PlaceAll(_));
    matches!(work.command, Command::Cancel { .. }) || (places && named())
}

fn key(work: &Work, keys: &RandomState) -> u64 {
    let mut bytes = Vec::new();
    venue_core::codec::encode(&work.command, &mut bytes);
    let mut hasher = keys.build_hasher();
    hasher.write(&bytes);
    work.labels.clients.iter().for_each(|name| hasher.write(name.as_str().as_bytes()));
    hasher.finish()
}
