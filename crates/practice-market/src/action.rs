//! What can be done to venues and to the market, as people and drills name it.

use units::Price;

use crate::asset::{Asset, Place};
use crate::fault::{Faults, Lie};
use crate::model::{Goal, Move};
use crate::noise::BILLION;

/// The actions on a venue with their parameters and defaults, for people.
pub(crate) const ACTIONS: [&str; 11] = [
    "dump?asset=USDE&to=0.65&over_s=60&for_s=2400",
    "freeze",
    "delay?ms=5000",
    "refuse",
    "disconnect",
    "unstream",
    "mute",
    "limit?retry_s=30",
    "silence",
    "lie?about=units|crossed|garbage",
    "heal",
];

/// What can be done to the whole market, likewise.
pub(crate) const CHANGES: [&str; 5] = [
    "fall?asset=USDE&to=0.65&over_s=60&for_s=0",
    "shock?percent=10&over_s=10",
    "rate?to=1.0",
    "calm",
    "heal",
];

/// What falls in a shock; what is made of ether falls with it.
const SHOCKED: [Asset; 2] = [Asset::Btc, Asset::Eth];

/// The most that a shock takes, in per cent: more than any day has taken.
const SHOCK_MAX: u64 = 60;

/// The longest that anything lasts, in seconds: a day.
const SECONDS_MAX: u64 = 86_400;

/// A price that somebody sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Of what.
    pub asset: Asset,
    /// To how many dollars.
    pub to: Price,
    /// How many milliseconds it takes to get there, and back.
    pub over_ms: u64,
    /// How many milliseconds after its beginning it is let go; 0 for never.
    pub for_ms: u64,
}

impl Set {
    /// The same, begun.
    pub(crate) fn started(&self, place: Option<Place>, now_ms: u64) -> Move {
        let until_ms = match self.for_ms {
            0 => u64::MAX,
            for_ms => now_ms.saturating_add(for_ms),
        };
        let (asset, to, over_ms) = (self.asset, Goal::Price(self.to), self.over_ms);
        Move { asset, place, to, from_ms: now_ms, over_ms, until_ms }
    }
}

/// News: coins fall by a part, everywhere, and go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shock {
    /// By how many per cent, from 1 to 60.
    pub percent: u64,
    /// How many milliseconds that takes, and their way back.
    pub over_ms: u64,
}

impl Shock {
    /// Reads its parameters in the form of a query: `percent=10&over_s=10`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(query: &str) -> Result<Self, String> {
        let query = Query(query);
        let percent = query.number("percent", 10, SHOCK_MAX)?;
        if percent == 0 {
            return Err(format!("percent must be from 1 to {SHOCK_MAX}"));
        }
        Ok(Self { percent, over_ms: query.number("over_s", 10, SECONDS_MAX)? * 1_000 })
    }

    /// What it does to each coin, begun.
    pub(crate) fn started(&self, now_ms: u64) -> [Move; SHOCKED.len()] {
        let to = Goal::Less(i128::from(self.percent) * BILLION / 100);
        let over_ms = self.over_ms;
        SHOCKED.map(|asset| Move {
            asset,
            place: None,
            to,
            from_ms: now_ms,
            over_ms,
            until_ms: u64::MAX,
        })
    }
}

/// Something that can be done to a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sells an asset off there, and only there.
    Dump(Set),
    /// Prices stand still; heartbeats go on.
    Freeze,
    /// Everything comes so many milliseconds late, by the venue's own clock too.
    Delay(u64),
    /// Ends every connection and refuses new ones.
    Refuse,
    /// Ends every connection once.
    Disconnect,
    /// Ends every stream and opens no new one; questions are answered.
    Unstream,
    /// Keeps streams and says nothing on them; questions are answered.
    Mute,
    /// Answers every question with HTTP 429, and so many seconds in Retry-After.
    Limit(u64),
    /// Keeps connections and says nothing.
    Silence,
    /// Tells something false.
    Lie(Lie),
    /// Undoes all of it.
    Heal,
}

/// Something that can be done to the whole market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// What an asset is worth falls, everywhere.
    Fall(Set),
    /// Coins fall by a part, everywhere.
    Shock(Shock),
    /// Shocks and dumps end: coins come back as slowly as they fell, and tokens at once.
    Calm,
    /// The exchange rate of the wrapped ether becomes this; it grows on from there.
    Rate(Price),
    /// Undoes that, and heals every venue.
    Heal,
}

/// The parameters of a request.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.filter(|(name, value)| *name == key && !value.is_empty());
        found.map(|(_, value)| value).next_back()
    }

    fn number(&self, key: &str, default: u64, most: u64) -> Result<u64, String> {
        match self.get(key).map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if number <= most => Ok(number),
            Some(_) => Err(format!("{key} must be a whole number of at most {most}")),
        }
    }

    fn price(&self, key: &str, default: &str) -> Result<Price, String> {
        let text = self.get(key).unwrap_or(default);
        match Price::parse(text.as_bytes()) {
            Ok(price) if price > Price::ZERO && price < Price::whole(1_000_000_000) => Ok(price),
            _ => Err(format!("{key} must be a price above nothing, such as {default}")),
        }
    }

    fn set(&self, for_s: u64) -> Result<Set, String> {
        let name = self.get("asset").unwrap_or("USDE");
        let asset = Asset::parse(name).ok_or_else(|| {
            format!("asset must be BTC, ETH, USDT, USDC, USDE or WBETH, and is {name:?}")
        })?;
        Ok(Set {
            asset,
            to: self.price("to", "0.65")?,
            over_ms: self.number("over_s", 60, SECONDS_MAX)? * 1_000,
            for_ms: self.number("for_s", for_s, SECONDS_MAX)? * 1_000,
        })
    }
}

impl Action {
    /// Reads an action's name and its parameters in the form of a query: `delay` and `ms=5000`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(name: &str, query: &str) -> Result<Self, String> {
        let query = Query(query);
        Ok(match name {
            // As on 2025-10-10: to 0.65, for forty minutes.
            "dump" => Self::Dump(query.set(2_400)?),
            "freeze" => Self::Freeze,
            "delay" => Self::Delay(query.number("ms", 5_000, 600_000)?),
            "refuse" => Self::Refuse,
            "disconnect" => Self::Disconnect,
            "unstream" => Self::Unstream,
            "mute" => Self::Mute,
            "limit" => Self::Limit(query.number("retry_s", 30, SECONDS_MAX)?),
            "silence" => Self::Silence,
            "lie" => {
                let about = query.get("about").unwrap_or("units");
                Self::Lie(Lie::parse(about).ok_or_else(|| {
                    format!("a venue cannot lie about {about:?}, only units, crossed or garbage")
                })?)
            }
            "heal" => Self::Heal,
            other => {
                let known = ACTIONS.join(", ");
                return Err(format!("no action is named {other:?}; there are: {known}"));
            }
        })
    }

    /// Changes a venue's faults accordingly.
    pub(crate) fn change(&self, faults: &mut Faults, now_ms: u64) {
        match self {
            Self::Dump(_) => {}
            Self::Freeze => faults.frozen_ms = faults.frozen_ms.or(Some(now_ms)),
            Self::Delay(delay_ms) => faults.delay_ms = *delay_ms,
            Self::Refuse => faults.refused = true,
            Self::Disconnect => faults.cuts += 1,
            Self::Unstream => (faults.unstreamed, faults.cuts) = (true, faults.cuts + 1),
            Self::Mute => faults.mute = true,
            Self::Limit(retry_s) => faults.limited_s = Some(*retry_s),
            Self::Silence => faults.silent = true,
            Self::Lie(lie) => faults.lie = Some(*lie),
            Self::Heal => *faults = Faults { cuts: faults.cuts, ..Faults::default() },
        }
    }

    /// Whether it can be done to pools: they have no connections of their own, and a chain does not lie.
    pub(crate) const fn suits_pools(&self) -> bool {
        matches!(self, Self::Dump(_) | Self::Heal)
    }
}

impl Change {
    /// Reads the name of a change and its parameters in the form of a query: `fall` and `asset=USDE&to=0.65`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(name: &str, query: &str) -> Result<Self, String> {
        let query = Query(query);
        match name {
            "fall" => Ok(Self::Fall(query.set(0)?)),
            "shock" => Shock::parse(query.0).map(Self::Shock),
            "calm" => Ok(Self::Calm),
            "rate" => Ok(Self::Rate(query.price("to", "1.0")?)),
            "heal" => Ok(Self::Heal),
            other => {
                let known = CHANGES.join(", ");
                Err(format!("no change is named {other:?}; there are: {known}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_with_defaults_and_say_what_is_wrong() {
        let low = Price::from_raw(650_000_000_000);
        let dump = Set { asset: Asset::Usde, to: low, over_ms: 60_000, for_ms: 2_400_000 };
        assert_eq!(Action::parse("dump", ""), Ok(Action::Dump(dump)));
        let fall = Set { asset: Asset::Usde, to: low, over_ms: 0, for_ms: 0 };
        assert_eq!(Change::parse("fall", "over_s=0"), Ok(Change::Fall(fall)));
        assert_eq!(Action::parse("lie", "about=crossed"), Ok(Action::Lie(Lie::Crossed)));
        assert_eq!(Action::parse("delay", "ms=20"), Ok(Action::Delay(20)));
        assert_eq!(
            Change::parse("rate", "to=0.9").ok(),
            Some(Change::Rate(Price::from_raw(900_000_000_000)))
        );
        for (name, query) in [
            ("explode", ""),
            ("delay", "ms=x"),
            ("dump", "asset=DOGE"),
            ("dump", "to=0"),
            ("dump", "to=NaN"),
            ("dump", "for_s=90000"),
            ("lie", "about=love"),
        ] {
            assert!(Action::parse(name, query).is_err(), "{name}?{query}");
        }
        let shock = Shock { percent: 7, over_ms: 10_000 };
        assert_eq!(Change::parse("shock", "percent=7"), Ok(Change::Shock(shock)));
        assert!(Change::parse("shock", "percent=0").is_err());
        assert!(Change::parse("rise", "").is_err());
    }
}
