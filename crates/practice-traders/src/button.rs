//! What people can do to the venue's world, by its name and with its parameters in the form of a query.

use practice_market::{Action, Set, Shock};

/// The buttons with their parameters and defaults, for people.
pub(crate) const BUTTONS: [&str; 7] = [
    "shock?percent=10&over_s=10",
    "makers-leave",
    "makers-return",
    "load?times=10",
    "dump?asset=USDE&to=0.65&over_s=20&for_s=2400",
    "dump?asset=USDE&to=0.65&over_s=60&everywhere=1",
    "calm",
];

/// The most times the usual load.
const TIMES_MAX: u64 = 100;

/// The venue of the practice market where the token is dumped: the one whose real counterpart it was dumped on.
const DUMPED_AT: &str = "binance";

/// Something that people do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    /// Coins fall, everywhere.
    Shock(Shock),
    /// Makers take everything back, and offer nothing.
    MakersLeave,
    /// They offer again.
    MakersReturn,
    /// So many times the usual load.
    Load(u64),
    /// A token is sold off, at one venue or everywhere.
    Dump(Set, Option<&'static str>),
    /// All as it was.
    Calm,
}

impl Button {
    /// Reads a button's name and its parameters: `load` and `times=10`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub(crate) fn parse(name: &str, query: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.filter(|(name, value)| *name == key && !value.is_empty());
            found.map(|(_, value)| value).next_back()
        };
        Ok(match name {
            "shock" => Self::Shock(Shock::parse(query)?),
            "makers-leave" => Self::MakersLeave,
            "makers-return" => Self::MakersReturn,
            "load" => match value("times").unwrap_or("10").parse() {
                Ok(times) if times <= TIMES_MAX => Self::Load(times),
                Ok(_) | Err(_) => {
                    return Err(format!("times must be a whole number of at most {TIMES_MAX}"));
                }
            },
            "dump" => {
                let Action::Dump(set) = Action::parse("dump", query)? else {
                    return Err("that is no dump".to_owned());
                };
                Self::Dump(set, value("everywhere").is_none().then_some(DUMPED_AT))
            }
            "calm" => Self::Calm,
            other => {
                let known = BUTTONS.join(", ");
                return Err(format!("no button is named {other:?}; there are: {known}"));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_reads_as_it_is_written_and_others_are_refused() {
        // A button of the page that is refused does nothing, on the day of the demonstration.
        for button in BUTTONS {
            let (name, query) = button.split_once('?').unwrap_or((button, ""));
            assert!(Button::parse(name, query).is_ok(), "{button}");
        }
        assert_eq!(Button::parse("load", ""), Ok(Button::Load(10)));
        assert!(matches!(Button::parse("dump", ""), Ok(Button::Dump(_, Some("binance")))));
        assert!(matches!(Button::parse("dump", "everywhere=1"), Ok(Button::Dump(_, None))));
        for (name, query) in
            [("load", "times=101"), ("load", "times=x"), ("shock", "percent=100"), ("rise", "")]
        {
            assert!(Button::parse(name, query).is_err(), "{name}?{query}");
        }
    }
}
