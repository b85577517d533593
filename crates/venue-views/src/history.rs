//! What has been, for each account and within bounds.

use std::collections::{BTreeMap, VecDeque};

use machine::{Codec, CodecError, CodecMistake, Reader};
use venue_core::AccountId;

/// How much of a kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Of all accounts together.
    pub(crate) all: usize,
    /// Of one account.
    pub(crate) account: usize,
}

/// Things of a kind by the order in which they came, and by whose they are. The oldest go when there are too many: the
/// account's own where it has more than its even share, so that who does much does not push out what others did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History<T> {
    bounds: Bounds,
    /// The number of the next thing.
    next: u64,
    /// In boxes, since a tree moves what it holds about whenever something comes or goes.
    all: BTreeMap<u64, (AccountId, Box<T>)>,
    /// The numbers of each account's, by the accounts' places, up to the last one that has any; worked out from the rest.
    of: Vec<VecDeque<u64>>,
}

/// Keeps a thing as the newest of at most so many.
pub(crate) fn keep<T>(kept: &mut VecDeque<T>, most: usize, thing: T) {
    if kept.len() >= most {
        kept.pop_front();
    }
    kept.push_back(thing);
}

impl<T> History<T> {
    pub(crate) const fn new(bounds: Bounds) -> Self {
        Self { bounds, next: 1, all: BTreeMap::new(), of: Vec::new() }
    }

    /// Keeps a thing. Gives back its number, and what had to go for it.
    pub(crate) fn push(&mut self, account: AccountId, thing: Box<T>) -> (u64, Option<Box<T>>) {
        let number = self.next;
        self.next = number.saturating_add(1);
        self.all.insert(number, (account, thing));
        let places = account.place().saturating_add(1).max(self.of.len());
        self.of.resize(places, VecDeque::new());
        if let Some(own) = self.of.get_mut(account.place()) {
            own.push_back(number);
        }
        (number, self.make_room(account))
    }

    fn make_room(&mut self, account: AccountId) -> Option<Box<T>> {
        let own = self.of.get(account.place()).map_or(0, VecDeque::len);
        let share = self.bounds.all.checked_div(self.of.len()).unwrap_or(0).max(1);
        if own > self.bounds.account || (self.all.len() > self.bounds.all && own > share) {
            let oldest = self.of.get_mut(account.place())?.pop_front()?;
            return self.all.remove(&oldest).map(|(_, thing)| thing);
        }
        if self.all.len() <= self.bounds.all {
            return None;
        }
        let (_, (owner, thing)) = self.all.pop_first()?;
        self.of.get_mut(owner.place())?.pop_front();
        // The share must be the one that whoever reads this from its bytes comes to.
        while self.of.last().is_some_and(VecDeque::is_empty) {
            self.of.pop();
        }
        Some(thing)
    }

    /// The thing of a number.
    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        self.all.get(&number).map(|(_, thing)| thing.as_ref())
    }

    /// An account's things with their numbers, the oldest first.
    pub(crate) fn of(&self, account: AccountId) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let own = self.of.get(account.place()).into_iter().flatten();
        own.filter_map(|number| Some((*number, self.get(*number)?)))
    }

    /// All things with their numbers, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &T)> {
        self.all.iter().map(|(number, (_, thing))| (*number, thing.as_ref()))
    }
}

impl<T: Codec> History<T> {
    /// Appends its bytes; the bounds are the reader's.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        self.next.encode(bytes);
        self.all.encode(bytes);
    }

    /// Reads one of so many accounts.
    pub(crate) fn read(
        bounds: Bounds,
        accounts: usize,
        reader: &mut Reader<'_>,
    ) -> Result<Self, CodecError> {
        let next = u64::decode(reader)?;
        let all: BTreeMap<u64, (AccountId, Box<T>)> = BTreeMap::decode(reader)?;
        let mut of: Vec<VecDeque<u64>> = Vec::new();
        for (number, (account, _)) in &all {
            // Another number is damage, which is to show before it takes all memory.
            if account.place() >= accounts {
                return Err(reader.error(CodecMistake::Value));
            }
            let places = account.place().saturating_add(1).max(of.len());
            of.resize(places, VecDeque::new());
            if let Some(own) = of.get_mut(account.place()) {
                own.push_back(*number);
            }
        }
        Ok(Self { bounds, next, all, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(history: &History<u32>, account: u32) -> Vec<u32> {
        history.of(AccountId::new(account)).map(|(_, thing)| *thing).collect()
    }

    #[test]
    fn who_does_much_does_not_push_out_what_others_did() {
        // A maker that cancels all day would take everybody else's history away.
        let mut history = History::new(Bounds { all: 10, account: 8 });
        for thing in 0..3 {
            history.push(AccountId::new(0), Box::new(thing));
        }
        for thing in 100..200 {
            history.push(AccountId::new(1), Box::new(thing));
        }
        assert_eq!(kept(&history, 0), [0, 1, 2]);
        assert_eq!(kept(&history, 1), [193, 194, 195, 196, 197, 198, 199]);
        // Everybody at the share: the oldest of all goes.
        let (_, gone) = history.push(AccountId::new(2), Box::new(300));
        assert_eq!(gone, Some(Box::new(0)));
        assert_eq!(history.all().count(), 10);
    }

    #[test]
    fn it_is_read_back_from_its_bytes() {
        // Otherwise a restart forgets, or mixes up whose things are whose.
        let bounds = Bounds { all: 10, account: 8 };
        let mut history = History::new(bounds);
        for thing in 0..30_u32 {
            history.push(AccountId::new(thing % 3), Box::new(thing));
        }
        let mut bytes = Vec::new();
        history.write(&mut bytes);
        assert_eq!(History::read(bounds, 3, &mut Reader::new(&bytes)), Ok(history));
        let unknown = History::<u32>::read(bounds, 2, &mut Reader::new(&bytes));
        assert!(unknown.is_err(), "of an account that is not there");
    }

    #[test]
    fn what_is_read_back_forgets_the_same_things_next() {
        // A venue that was started again from a snapshot would refuse other names of orders than its journal says.
        let bounds = Bounds { all: 10, account: 8 };
        let mut history = History::new(bounds);
        // Of an account with a high number nothing is left.
        for account in [9, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3] {
            history.push(AccountId::new(account), Box::new(account));
        }
        assert_eq!(kept(&history, 9), []);
        let mut bytes = Vec::new();
        history.write(&mut bytes);
        let mut again = History::read(bounds, 10, &mut Reader::new(&bytes)).expect("its own bytes");
        for account in [3, 2, 3] {
            let thing = || Box::new(account);
            let gone = history.push(AccountId::new(account), thing());
            assert_eq!(again.push(AccountId::new(account), thing()), gone);
        }
        assert_eq!(again, history);
    }
}
