//! What simulates an incident.

use std::fmt::Debug;
use std::path::Path;

use crate::outcome::Outcome;
use crate::target::{Ports, Target, Upstream};
use crate::values::{Value, Values};

/// A parameter that a mechanism takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, with the unit in it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What it is where the file does not say; none where the file has to.
    pub usual: Option<Value>,
}

impl Parameter {
    /// A number that need not be given.
    #[must_use]
    pub const fn number(name: &'static str, about: &'static str, usual: f64) -> Self {
        Self { name, about, usual: Some(Value::Number(usual)) }
    }

    /// A word that need not be given.
    #[must_use]
    pub fn word(name: &'static str, about: &'static str, usual: &str) -> Self {
        Self { name, about, usual: Some(Value::Word(usual.to_owned())) }
    }

    /// A list of numbers that need not be given.
    #[must_use]
    pub fn numbers(name: &'static str, about: &'static str, usual: &[f64]) -> Self {
        Self { name, about, usual: Some(Value::Numbers(usual.to_vec())) }
    }

    /// What the file has to give.
    #[must_use]
    pub const fn given(name: &'static str, about: &'static str) -> Self {
        Self { name, about, usual: None }
    }
}

/// The outside world of a kind of incident, together with the real part that has to stand it.
///
/// It simulates chains, providers, markets and people. It holds no defence of its own: what a defence is worth is found
/// by running it twice, with another value of one key of the real part's configuration.
pub trait Mechanism: Debug + Send + Sync {
    /// The name that files know it by.
    fn name(&self) -> &'static str;

    /// What it simulates, which real part it drives, and what it leaves out. A few sentences.
    fn about(&self) -> &'static str;

    /// The parameters that it takes.
    fn parameters(&self) -> Vec<Parameter>;

    /// The metrics that its outcomes hold, by their ids, with what each counts.
    fn figures(&self) -> &'static [(&'static str, &'static str)];

    /// Whether the same scene and seed give the same outcome, bit for bit. It is so where the real cores are driven by
    /// simulated time, and not where the real binary is driven over its sockets.
    fn is_deterministic(&self) -> bool;

    /// Whether it only shows public figures and runs nothing, so that nothing is expected of it.
    fn is_only_data(&self) -> bool {
        false
    }

    /// Whether a portfolio can take the place of the synthetic population.
    fn takes_portfolio(&self) -> bool {
        false
    }

    /// The providers that a gateway of the user's own has to be told of to take the place of ours, by the case's parameters
    /// and configuration.
    ///
    /// # Errors
    /// Why none can take its place, as the end of a sentence.
    fn upstreams(
        &self,
        _parameters: &Values,
        _configuration: &str,
        _ports: &Ports,
    ) -> Result<Vec<Upstream>, String> {
        Err(match self.is_deterministic() {
            true => "it drives Seawall's own cores in simulated time, without a socket",
            false => "what it drives is no gateway",
        }
        .to_owned())
    }

    /// Runs a scene to its end.
    ///
    /// # Errors
    /// Where parameters or configuration do not fit, or the real part could not be run. Damage is no error.
    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String>;
}

/// What a mechanism runs.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The parameters; all that the mechanism takes are there.
    pub parameters: &'a Values,
    /// The real part's configuration, with what the case has changed in it. A live mechanism puts in addresses.
    pub configuration: &'a str,
    /// What chance is drawn from.
    pub seed: u64,
    /// The real binary, which live mechanisms start.
    pub binary: &'a Path,
    /// An empty folder for this run alone, for files of live parts.
    pub folder: &'a Path,
    /// A portfolio in the place of the population: CSV.
    pub portfolio: Option<&'a str>,
    /// A gateway of the user's own in the place of the real part; only for mechanisms with [`Mechanism::upstreams`].
    pub target: Option<&'a Target>,
}

/// Who is told how far a run is. It is called from the run's threads.
pub trait Watch: Debug + Send + Sync {
    /// So many thousandths of the run are done, and what happens now, in a few words.
    fn progress(&self, per_mille: u32, now: &str);

    /// Whether no further run is wanted. It is asked between the runs of a drill.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Watch for Silent {
    fn progress(&self, _per_mille: u32, _now: &str) {}
}
