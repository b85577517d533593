//! What is numbered: accounts, markets, assets, orders, trades. All numbers are issued by the venue, densely and in
//! order, so that they are places in tables and nothing has to be looked up by hash.

use std::fmt;

/// Defines a number that says what it is the number of.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident($inner:ty), $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// The one of this number.
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn number(self) -> $inner {
                self.0
            }

            /// Its place in a table.
            #[must_use]
            pub fn place(self) -> usize {
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{} {}", $word, self.0)
            }
        }
    };
}

numbered!(
    /// An account, by the order in which they were opened, from 0 on.
    AccountId(u32), "account"
);
numbered!(
    /// A market, by the order in which they were added, from 0 on.
    MarketId(u16), "market"
);
numbered!(
    /// An asset, by the order in which they were added; 0 is the settlement asset.
    AssetId(u16), "asset"
);
numbered!(
    /// An order, by the order in which they were taken, from 1 on, over all markets.
    OrderId(u64), "order"
);
numbered!(
    /// A trade of a market, by the order in which they happened, from 1 on.
    TradeId(u64), "trade"
);

impl AccountId {
    /// The venue's house in the trades of what it took over; it is in no table.
    pub const HOUSE: Self = Self::new(u32::MAX);
}

impl AssetId {
    /// The asset that everything is settled in.
    pub const SETTLEMENT: Self = Self::new(0);
}
