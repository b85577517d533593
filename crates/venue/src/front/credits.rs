//! How much an account may have under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::clock;
use runtime::task;
use runtime::task::sync::{OwnedSemaphorePermit, Semaphore};
use units::Timestamp;
use venue_core::AccountId;
use wire_binance::{ErrorCode, Failure};

use super::now_ms;

/// Work of one account that is under way at once, but for what cuts risk, which goes beyond it: of sixteen places one is
/// always free for that.
const UNDER_WAY: usize = 15;

/// What accounts have under way. As many are kept as there are accounts that have asked for something.
#[derive(Debug, Default)]
pub(crate) struct Credits {
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

/// A place, until it is dropped; none for what goes beyond them.
pub(crate) type Credit = Option<OwnedSemaphorePermit>;

impl Credits {
    /// Waits for a place of an account. Meanwhile its connection is not read.
    ///
    /// # Errors
    /// Where there is none by the time the work is of no more use, in Unix time.
    pub(crate) async fn take(
        &self,
        account: AccountId,
        until: Timestamp,
        cuts_risk: impl FnOnce() -> bool,
    ) -> Result<Credit, Failure> {
        let places = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            let places = accounts.entry(account);
            Arc::clone(places.or_insert_with(|| Arc::new(Semaphore::new(UNDER_WAY))))
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            return Ok(Some(place));
        }
        if cuts_risk() {
            return Ok(None);
        }
        let patience = until.since(super::at_ms(now_ms()));
        task::select! {
            // It is never closed.
            place = places.acquire_owned() => Ok(place.ok()),
            () = clock::sleep(patience) => Err(Failure::of(ErrorCode::EngineReceiveWindow)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_so_much_under_way_and_what_cuts_risk_beside_it() {
        // One account with a thousand connections would have all of the line, and its own cancel would stand behind it.
        task::block_on(async {
            let credits = Credits::default();
            let (one, other) = (AccountId::new(1), AccountId::new(2));
            let mut places = Vec::new();
            for _ in 0..UNDER_WAY {
                places.push(credits.take(one, Timestamp::MAX, || false).await);
            }
            assert!(places.iter().all(|place| matches!(place, Ok(Some(_)))));
            assert_eq!(
                credits.take(one, Timestamp::ZERO, || false).await.map(drop),
                Err(Failure::of(ErrorCode::EngineReceiveWindow))
            );
            assert!(matches!(credits.take(one, Timestamp::ZERO, || true).await, Ok(None)));
            assert!(matches!(credits.take(other, Timestamp::ZERO, || false).await, Ok(Some(_))));
            places.pop();
            assert!(matches!(credits.take(one, Timestamp::ZERO, || false).await, Ok(Some(_))));
        });
    }
}
