//! A derivatives market in one process: the real venue (`venue-core`), and the world around it.
//!
//! How a mechanism uses it:
//!
//! 1. [`asset::assets`] takes the markets of the configuration (`config.markets`, in its order) with the prices of the
//!    beginning; [`asset::Asset`] turns dollars into ticks and lots, and back.
//! 2. [`population::Terms::read`] and [`population::longs`] draw who holds positions, [`population::shorts`] who holds
//!    the other side; [`portfolio::read`] reads a user's own accounts in their place. A [`population::Holder`] stands for
//!    `people` people.
//! 3. [`exchange::Exchange::open`] opens the venue as the configuration says, with fund, backstop and makers, and
//!    [`exchange::Exchange::fills`] has the holders take their positions by real orders.
//! 4. Each step: [`makers::Makers::quote`] puts the makers' ladder into the venue's book, [`exchange::Exchange::prices`]
//!    tells the venue an index (which liquidates), or [`index::Index`] has the real oracle work it out, [`exchange::Exchange::does`] does any other command, and
//!    [`exchange::Exchange::waits`] lets time go on. An index that is silent for more than 30 s is an outage to the venue.
//! 5. [`heard::Heard`] (`exchange.heard`) has counted what the venue said: dollars and people liquidated, who of them was
//!    solvent at `heard.reference` (which the mechanism keeps up to date), who paid the losses, what was deleveraged. [`closed::Closed`] in it has
//!    counted who was closed by deleveraging, once it knows them.
//!    `exchange.venue.digest()` is the digest of all of it.
//!
//! `cascade::day` is an example of the whole. Everything is drawn from seeds ([`draw::Draw`]); floats stay in the world
//! and are rounded to ticks, lots and money before they enter the venue.

pub(crate) mod asset;
pub(crate) mod closed;
pub(crate) mod draw;
pub(crate) mod exchange;
pub(crate) mod heard;
pub(crate) mod index;
pub(crate) mod makers;
pub(crate) mod path;
pub(crate) mod population;
pub(crate) mod portfolio;
pub(crate) mod told;
