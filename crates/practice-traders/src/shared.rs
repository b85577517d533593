//! What the traders' tasks share: the crowd, its keys, and deeds over HTTP.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::task::sync::mpsc;
use runtime::{clock, task};
use wire_binance::Query;

use crate::api::{Api, Key};
use crate::crowd::Crowd;
use crate::deed::{Deed, Seat, Told, What};
use crate::setup::{self, Made};
use crate::wire;

/// What the traders' tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The way to the venue.
    pub api: Api,
    crowd: Mutex<Crowd>,
    keys: Mutex<BTreeMap<(bool, usize), Key>>,
    under_way: AtomicUsize,
    /// What traders want to know, which goes over a line.
    pub asks: mpsc::Sender<Deed>,
    /// The asset that everything is settled in.
    pub settlement: String,
    /// A token that is collateral.
    pub collateral: String,
}

impl Shared {
    /// What the traders of a venue share.
    pub(crate) fn new(
        api: Api,
        crowd: Crowd,
        asks: mpsc::Sender<Deed>,
        (settlement, collateral): (&str, &str),
    ) -> Self {
        Self {
            api,
            crowd: Mutex::new(crowd),
            keys: Mutex::default(),
            under_way: AtomicUsize::new(0),
            asks,
            settlement: settlement.to_owned(),
            collateral: collateral.to_owned(),
        }
    }

    /// All traders and makers; held only for short steps.
    pub(crate) fn crowd(&self) -> MutexGuard<'_, Crowd> {
        // Whatever a panic left is only play.
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a trader what became of a deed.
    pub(crate) fn told(&self, deed: &Deed, told: &Told) {
        self.crowd().told(deed, told, clock::now());
    }

    /// The key of somebody who has an account.
    pub(crate) fn key(&self, seat: Seat) -> Option<Key> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(&place(seat)).cloned()
    }

    /// Somebody has an account with money and a key from now on.
    pub(crate) fn join(&self, seat: Seat, made: Made) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(place(seat), made.key);
        drop(keys);
        self.crowd().join(seat, made.account);
    }

    /// Deeds that are under way over HTTP.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Does a deed over HTTP, in a task of its own.
    pub(crate) fn spawn(self: &Arc<Self>, deed: Deed) {
        let shared = Arc::clone(self);
        shared.under_way.fetch_add(1, Ordering::Relaxed);
        task::spawn(async move {
            let told = shared.done(&deed).await;
            shared.under_way.fetch_sub(1, Ordering::Relaxed);
            shared.told(&deed, &told);
        });
    }

    async fn done(&self, deed: &Deed) -> Told {
        if let What::Deposit(money) = deed.what {
            return match setup::deposit(&self.api, (&name(deed.who), &self.settlement), money).await
            {
                Ok(()) => Told::Done { traded: 0, rests: false },
                Err(error) => {
                    tracing::debug!(%error, "a practice trader brings no money");
                    Told::Lost
                }
            };
        }
        let request = wire::request(&deed.what, self.crowd().markets());
        let (Some(request), Some(key)) = (request, self.key(deed.who)) else { return Told::Lost };
        let mut query = Query::new();
        request.put(&mut query);
        match self.api.post(request.endpoint().path(), query, &key).await {
            Ok(answer) => {
                let crowd = self.crowd();
                wire::answered(&deed.what, answer.status.as_u16(), &answer.body, crowd.markets())
            }
            Err(error) => {
                tracing::debug!(%error, "an order of a practice trader is lost");
                Told::Lost
            }
        }
    }
}

/// Where the key of a seat is kept.
const fn place(seat: Seat) -> (bool, usize) {
    match seat {
        Seat::Maker(number) => (true, number),
        Seat::Taker(number) => (false, number),
    }
}

/// The name of a seat's account.
pub(crate) fn name(seat: Seat) -> String {
    match seat {
        Seat::Maker(number) => format!("maker-{}", number + 1),
        Seat::Taker(number) => format!("trader-{:04}", number + 1),
    }
}
