//! `cascade`: liquidations that make the fall that makes liquidations.
//!
//! Simulated is the outside world: what things are worth by the news (the fundamental), makers who leave and come back,
//! people with leverage, and how far other markets follow this one down. The venue is the real one: its book, its marks,
//! its liquidations, its fund, its backstop, its deleveraging; so is the oracle between the other markets and its index,
//! where one is configured. What liquidations sell into the makers' book moves the
//! price (`day.rs`), the price moves the mark, and the mark liquidates: the loop is closed by the venue itself.
//!
//! Left out: other venues (this one stands for all of them), people who add margin, sell by themselves or buy the low,
//! hedges across markets, positions that are opened during the day, and hours in which nobody can reach the venue (see
//! `ratelimit`). Everybody with leverage is long; who is short has little of it, so that nobody is liquidated by the
//! rebound.

mod day;
mod figures;
mod terms;

use incident::{Mechanism, Outcome, Parameter, Scene, Watch};

use crate::ReadConfiguration;

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Cascade {
    pub(crate) read: ReadConfiguration,
}

impl Mechanism for Cascade {
    fn name(&self) -> &'static str {
        "cascade"
    }

    fn about(&self) -> &'static str {
        "Liquidations that make the fall that makes liquidations. The real core of the venue runs with its book, marks, \
         liquidations, fund, backstop and deleveraging, and that of the oracle makes its index of the other markets where \
         [oracle] is configured; simulated are the news (a course of the fundamental price), makers \
         who leave and come back, accounts with log-normal sizes and leverage, the price's return to the fundamental with a \
         half-life, what sales do to the price, and how much of that other markets follow. One venue stands for all of \
         them. Left out: people who add margin or trade by themselves, leverage on the short side, and unreachable hours."
    }

    fn parameters(&self) -> Vec<Parameter> {
        terms::parameters()
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        figures::FIGURES
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn takes_portfolio(&self) -> bool {
        true
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let configured = (self.read)(scene.configuration)?;
        let config = configured.venue.ok_or("the configuration has no [venue]")?;
        let terms = terms::Terms::read(scene.parameters, &config, scene.seed, scene.portfolio)?;
        let configured = (&config, configured.oracle.as_ref());
        let day = day::run(configured, &terms, watch)?;
        let alone = if terms.measures_gain && terms.impact > 0.0 {
            let alone = terms::Terms { impact: 0.0, ..terms.clone() };
            Some(day::run(configured, &alone, &incident::Silent)?.exchange.heard.liquidated)
        } else {
            None
        };
        Ok(figures::outcome(&day, &terms, alone))
    }
}

#[cfg(test)]
mod tests;
