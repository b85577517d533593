//! What is answered, one struct for each shape. Times are in milliseconds since 1970; numbers that are texts on the
//! wire are [`Decimal`](crate::Decimal)s.

mod account;
mod algo;
mod exchange;
mod market;
mod order;
mod settings;
#[cfg(test)]
mod tests;

pub use account::*;
pub use algo::*;
pub use exchange::*;
pub use market::*;
pub use order::*;
pub use settings::*;
