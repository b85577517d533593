//! The names of accounts, and what is kept under names.

use std::collections::BTreeMap;
use std::ops::Bound;

use machine::codec_struct;
use venue_core::AccountId;

use crate::labels::{LABEL_MAX, Labels, NOTE_MAX, Note};
use crate::refusal::DeskRefusal;

/// Most notes: more keys than there are accounts on a large venue. At their largest they are 256 MiB.
const NOTES_MAX: usize = 1 << 16;

/// The note that is there where an order's name is not taken twice, whether or not its order is still open. It is a note
/// so that the rule is in the journal, and whoever reads the journal comes to the same orders.
pub const ORDER_NAMES_ONCE: &str = "rule/order-names-once";

/// Names, and notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// By the accounts' numbers.
    accounts: Vec<String>,
    by_name: BTreeMap<String, AccountId>,
    notes: BTreeMap<String, Vec<u8>>,
}

codec_struct! { Names { accounts, by_name, notes } }

impl Names {
    /// Looks whether an account may be opened under a name.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), DeskRefusal> {
        if name.is_empty() || name.len() > LABEL_MAX {
            Err(DeskRefusal::Label)
        } else if self.by_name.contains_key(name) {
            Err(DeskRefusal::NameTaken)
        } else {
            Ok(())
        }
    }

    /// Looks whether a note may be kept.
    pub(crate) fn check_note(&self, labels: &Labels) -> Result<(), DeskRefusal> {
        let Some(Note { name, value }) = &labels.note else { return Ok(()) };
        let length = value.as_ref().map_or(0, Vec::len);
        if name.is_empty() || name.len() > LABEL_MAX || length > NOTE_MAX {
            return Err(DeskRefusal::Label);
        }
        let more = value.is_some() && !self.notes.contains_key(name);
        if more && self.notes.len() >= NOTES_MAX { Err(DeskRefusal::TooMany) } else { Ok(()) }
    }

    /// Keeps a note.
    pub(crate) fn keep(&mut self, note: &Note) {
        let Note { name, value } = note;
        match value {
            Some(value) => drop(self.notes.insert(name.clone(), value.clone())),
            None => drop(self.notes.remove(name)),
        }
    }

    /// Whether an order's name is refused as long as an order of that name is known, open or not.
    pub(crate) fn are_once(&self) -> bool {
        self.notes.contains_key(ORDER_NAMES_ONCE)
    }

    /// Names an account that was opened.
    pub(crate) fn open(&mut self, account: AccountId, name: &str) {
        self.accounts.resize(account.place(), String::new());
        self.accounts.push(name.to_owned());
        self.by_name.insert(name.to_owned(), account);
    }

    /// How many accounts there are.
    pub(crate) const fn accounts(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn account(&self, name: &str) -> Option<AccountId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn name(&self, account: AccountId) -> Option<&str> {
        self.accounts.get(account.place()).map(String::as_str)
    }

    pub(crate) fn note(&self, name: &str) -> Option<&[u8]> {
        self.notes.get(name).map(Vec::as_slice)
    }

    pub(crate) fn notes<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [u8])> + 'a {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let found = self.notes.range::<str, _>(from);
        let found = found.take_while(move |(name, _)| name.starts_with(prefix));
        found.map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}
