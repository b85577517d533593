//! All orders: those that are open, and those that have ended, as far as they are kept.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Codec, CodecError, CodecMistake, Reader};
use venue_core::{AccountId, MarketId, OrderId};

use crate::client_id::ClientId;
use crate::history::{Bounds, History};
use crate::order::Order;

/// Orders that have ended and are kept: some 40 MiB. Binance keeps those that never traded for three days; who needs
/// them for longer has the stream.
const ENDED: Bounds = Bounds { all: 1 << 17, account: 1_000 };

/// All orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Orders {
    open: BTreeMap<OrderId, Box<Order>>,
    ended: History<Order>,
    // Worked out from the rest.
    /// Where those that have ended are in their history.
    ended_at: BTreeMap<OrderId, u64>,
    open_of: BTreeSet<(AccountId, MarketId, OrderId)>,
    /// The newest order of each name.
    named: BTreeMap<(AccountId, ClientId), OrderId>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            open: BTreeMap::new(),
            ended: History::new(ENDED),
            ended_at: BTreeMap::new(),
            open_of: BTreeSet::new(),
            named: BTreeMap::new(),
        }
    }
}

impl Orders {
    /// An order that was placed.
    pub(crate) fn open(&mut self, order: Order) {
        self.open_of.insert((order.account(), order.market(), order.number));
        self.name(&order);
        self.open.insert(order.number, Box::new(order));
    }

    fn name(&mut self, order: &Order) {
        if !order.client.is_none() {
            self.named.insert((order.account(), order.client), order.number);
        }
    }

    /// An open order, to be changed.
    pub(crate) fn open_mut(&mut self, order: OrderId) -> Option<&mut Order> {
        self.open.get_mut(&order).map(Box::as_mut)
    }

    /// Takes an order from those that are open to those that have ended.
    pub(crate) fn end(&mut self, order: OrderId) {
        let Some(order) = self.open.remove(&order) else { return };
        self.open_of.remove(&(order.account(), order.market(), order.number));
        let (account, own) = (order.account(), order.number);
        let (number, gone) = self.ended.push(account, order);
        self.ended_at.insert(own, number);
        if let Some(gone) = gone {
            self.ended_at.remove(&gone.number);
            let name = (gone.account(), gone.client);
            if self.named.get(&name) == Some(&gone.number) {
                self.named.remove(&name);
            }
        }
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&Order> {
        let open = self.open.get(&order).map(Box::as_ref);
        open.or_else(|| self.ended.get(*self.ended_at.get(&order)?))
    }

    pub(crate) fn named(&self, account: AccountId, client: ClientId) -> Option<&Order> {
        self.get(*self.named.get(&(account, client))?)
    }

    /// An account's open orders, by market and number.
    pub(crate) fn open_of(
        &self,
        account: AccountId,
        market: Option<MarketId>,
    ) -> impl Iterator<Item = &Order> {
        let first = market.unwrap_or(MarketId::new(0));
        let last = market.unwrap_or(MarketId::new(u16::MAX));
        let from = (account, first, OrderId::new(0));
        let to = (account, last, OrderId::new(u64::MAX));
        self.open_of
            .range(from..=to)
            .filter_map(|(_, _, order)| Some(self.open.get(order)?.as_ref()))
    }

    /// An account's orders in a market from a number on, open and ended, by number.
    pub(crate) fn of(&self, account: AccountId, market: MarketId, from: OrderId) -> Vec<Order> {
        let ended = self.ended.of(account).map(|(_, order)| order);
        let ended = ended.filter(|order| order.market() == market);
        let all = ended.chain(self.open_of(account, Some(market)));
        let mut all: Vec<_> = all.filter(|order| order.number >= from).copied().collect();
        all.sort_unstable_by_key(|order| order.number);
        all
    }

    pub(crate) fn open_orders(&self) -> usize {
        self.open.len()
    }
}

impl Orders {
    /// Appends its bytes.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        self.open.encode(bytes);
        self.ended.write(bytes);
    }

    /// Reads those of so many accounts.
    pub(crate) fn read(accounts: usize, reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let odd = reader.error(CodecMistake::Value);
        let open = BTreeMap::<OrderId, Box<Order>>::decode(reader)?;
        let known = |order: &Order| order.account().place() < accounts;
        if !open.iter().all(|(number, order)| *number == order.number && known(order)) {
            return Err(odd);
        }
        let mut orders = Self { ended: History::read(ENDED, accounts, reader)?, ..Self::default() };
        let ended: Vec<_> = orders.ended.all().map(|(number, order)| (number, *order)).collect();
        for (number, order) in &ended {
            orders.ended_at.insert(order.number, *number);
        }
        // The newest order of a name is the one that it means.
        let mut all: Vec<_> = ended.into_iter().map(|(_, order)| order).collect();
        all.extend(open.values().map(|order| **order));
        all.sort_unstable_by_key(|order| order.number);
        all.iter().for_each(|order| orders.name(order));
        open.into_values().for_each(|order| orders.open(*order));
        Ok(orders)
    }
}
