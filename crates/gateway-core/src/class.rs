//! Method classes: health is kept per class, because nodes break per class.

/// A group of methods that a node serves with the same machinery.
///
/// A node whose `eth_call` is broken while `eth_blockNumber` works is out for `Execution` only
/// (seen in public on 2026-07-27, see the research on gateways, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MethodClass {
    /// Runs contract code: `eth_call`, `eth_estimateGas`.
    Execution,
    /// Reads accounts: balances, code, storage, nonces, proofs.
    State,
    /// Reads blocks and all that is in one.
    Block,
    /// Reads transactions and receipts by hash.
    Transaction,
    /// Searches logs.
    Logs,
    /// Re-runs history: `debug_` and `trace_`.
    Trace,
    /// Gas prices and fee history.
    Fee,
    /// Sends transactions.
    Submit,
    /// Everything else.
    Meta,
}

impl MethodClass {
    /// Every class, in declaration order.
    pub const ALL: [Self; 9] = [
        Self::Execution,
        Self::State,
        Self::Block,
        Self::Transaction,
        Self::Logs,
        Self::Trace,
        Self::Fee,
        Self::Submit,
        Self::Meta,
    ];

    /// The class's position in [`Self::ALL`].
    pub(crate) const fn slot(self) -> usize {
        match self {
            Self::Execution => 0,
            Self::State => 1,
            Self::Block => 2,
            Self::Transaction => 3,
            Self::Logs => 4,
            Self::Trace => 5,
            Self::Fee => 6,
            Self::Submit => 7,
            Self::Meta => 8,
        }
    }

    /// The class as it is written in metrics, pages and the event log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::State => "state",
            Self::Block => "block",
            Self::Transaction => "transaction",
            Self::Logs => "logs",
            Self::Trace => "trace",
            Self::Fee => "fee",
            Self::Submit => "submit",
            Self::Meta => "meta",
        }
    }
}

/// One value for each [`MethodClass`].
#[derive(Clone, Debug)]
pub(crate) struct PerClass<T>([T; 9]);

impl<T: Default> Default for PerClass<T> {
    fn default() -> Self {
        Self(core::array::from_fn(|_| T::default()))
    }
}

impl<T> PerClass<T> {
    /// The value of `class`.
    pub(crate) fn get(&self, class: MethodClass) -> &T {
        self.0.get(class.slot()).expect("invariant: slot() is below the array's length")
    }

    /// The value of `class`, to change.
    pub(crate) fn get_mut(&mut self, class: MethodClass) -> &mut T {
        self.0.get_mut(class.slot()).expect("invariant: slot() is below the array's length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_classes_share_a_slot() {
        let mut seen = PerClass::<u32>::default();
        for class in MethodClass::ALL {
            *seen.get_mut(class) += 1;
        }
        assert!(MethodClass::ALL.iter().all(|class| *seen.get(*class) == 1));
    }
}
