//! What can be done to a node, as people and drills name it.

use units::Span;

use crate::fault::{Breakage, Capacity, Faults, Garble, GarbleKind, Lie};

/// The actions with their parameters and defaults, for people.
pub(crate) const ACTIONS: [&str; 10] = [
    "kill",
    "revive",
    "hang",
    "freeze",
    "slow?ms=800",
    "lie?about=head|balance|branch&blocks=100",
    "garble?kind=html|cut|429|500|503&percent=100",
    "break?method=eth_call&as=error|500",
    "stand?per_second=100",
    "heal",
];

/// Something that can be done to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ends its process: connections are dropped, new ones refused.
    Kill,
    /// Starts it again on the same port; its other faults stay.
    Revive,
    /// Takes requests and never answers.
    Hang,
    /// Cuts it off from the other nodes: its head stays where it is.
    Freeze,
    /// Answers this much later.
    Slow(Span),
    /// Answers falsely.
    Lie(Lie),
    /// Leads it onto a branch that leaves the chain a few blocks back: true headers, wrong chain.
    Branch,
    /// Replaces a share of its answers.
    Garble(Garble),
    /// Breaks one method.
    Break(Breakage),
    /// Works off only so many requests a second; what comes faster waits for its turn.
    Stand {
        /// How many.
        per_second: u64,
    },
    /// Undoes all of it.
    Heal,
}

/// The longest backlog of a node that stands only so much: longer than anybody waits, so that it slows down and does
/// not die of it.
const BACKLOG_MAX: Span = Span::from_secs(60);

impl Action {
    /// Reads an action's name and its parameters in the form of a query: `slow` and `ms=800`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(name: &str, query: &str) -> Result<Self, String> {
        let parameter = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .filter(|(name, value)| *name == key && !value.is_empty())
                .map(|(_, value)| value)
                .next_back()
        };
        let number = |key: &str, default: u64, most: u64| match parameter(key).map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if number <= most => Ok(number),
            Some(_) => Err(format!("{key} must be a whole number of at most {most}")),
        };
        Ok(match name {
            "kill" => Self::Kill,
            "revive" => Self::Revive,
            "hang" => Self::Hang,
            "freeze" => Self::Freeze,
            "heal" => Self::Heal,
            "slow" => Self::Slow(Span::from_millis(number("ms", 800, 600_000)?)),
            "lie" => match parameter("about").unwrap_or("head") {
                "head" => Self::Lie(Lie::Head { blocks: number("blocks", 100, 1_000_000)?.max(1) }),
                "balance" => Self::Lie(Lie::Balance),
                "branch" => Self::Branch,
                other => {
                    return Err(format!(
                        "a node cannot lie about {other:?}, only head, balance or branch"
                    ));
                }
            },
            "garble" => {
                let kind = garble_kind(parameter("kind").unwrap_or("html"))?;
                let percent = u8::try_from(number("percent", 100, 100)?).unwrap_or(100);
                Self::Garble(Garble { kind, percent })
            }
            "break" => {
                let as_http = match parameter("as").unwrap_or("error") {
                    "error" => false,
                    "500" => true,
                    other => {
                        return Err(format!(
                            "a method cannot break as {other:?}, only as error or 500"
                        ));
                    }
                };
                let method = parameter("method").unwrap_or("eth_call").to_owned();
                Self::Break(Breakage { method, as_http })
            }
            "stand" => Self::Stand { per_second: number("per_second", 100, 10_000)?.max(1) },
            other => {
                return Err(format!(
                    "no action is named {other:?}; there are: {}",
                    ACTIONS.join(", ")
                ));
            }
        })
    }

    /// Changes a node's faults accordingly.
    pub(crate) fn change(&self, faults: &mut Faults) {
        match self {
            Self::Kill => faults.killed = true,
            Self::Revive => faults.killed = false,
            Self::Hang => faults.hung = true,
            Self::Freeze => faults.frozen = true,
            Self::Slow(delay) => faults.delay = *delay,
            Self::Lie(lie) => faults.lie = Some(*lie),
            Self::Branch => faults.astray = true,
            Self::Garble(garble) => faults.garble = Some(*garble),
            Self::Break(breakage) => faults.breakage = Some(breakage.clone()),
            Self::Stand { per_second } => {
                let each = Span::from_secs(1).divided_by(*per_second);
                faults.capacity = Some(Capacity { each, backlog_max: BACKLOG_MAX });
            }
            Self::Heal => *faults = Faults::default(),
        }
    }
}

fn garble_kind(name: &str) -> Result<GarbleKind, String> {
    match name {
        "html" => Ok(GarbleKind::Html),
        "cut" => Ok(GarbleKind::Cut),
        "429" => Ok(GarbleKind::TooManyRequests),
        "500" => Ok(GarbleKind::InternalError),
        "503" => Ok(GarbleKind::Unavailable),
        other => Err(format!(
            "answers cannot be garbled as {other:?}, only as html, cut, 429, 500 or 503"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_with_defaults_and_say_what_is_wrong() {
        assert_eq!(Action::parse("slow", ""), Ok(Action::Slow(Span::from_millis(800))));
        assert_eq!(Action::parse("slow", "ms=5"), Ok(Action::Slow(Span::from_millis(5))));
        assert_eq!(Action::parse("lie", "about=branch"), Ok(Action::Branch));
        assert_eq!(Action::parse("stand", ""), Ok(Action::Stand { per_second: 100 }));
        let garble = Garble { kind: GarbleKind::TooManyRequests, percent: 30 };
        assert_eq!(Action::parse("garble", "kind=429&percent=30"), Ok(Action::Garble(garble)));
        for (action, query) in [
            ("explode", ""),
            ("slow", "ms=x"),
            ("garble", "percent=101"),
            ("lie", "about=love"),
            ("break", "as=1"),
        ] {
            assert!(Action::parse(action, query).is_err(), "{action}?{query}");
        }
    }
}
