//! What an account has and has to have, its positions and its modes.

pub(crate) mod balance;
pub(crate) mod brackets;
pub(crate) mod modes;
pub(crate) mod positions;
pub(crate) mod standing;
pub(crate) mod whole;
