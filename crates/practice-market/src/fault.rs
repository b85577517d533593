//! What can be wrong with a venue.

use std::fmt;

/// The faults of one venue; none by default. Several can hold at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Nothing listens: connections are refused.
    pub(crate) refused: bool,
    /// There are no streams, only answers.
    pub(crate) unstreamed: bool,
    /// Streams stay, and nothing is said on them; questions are answered.
    pub(crate) mute: bool,
    /// Every question is one too many; what Retry-After then says, in seconds.
    pub(crate) limited_s: Option<u64>,
    /// Connections stay, and nothing is said on them.
    pub(crate) silent: bool,
    /// Since when prices stand still, in milliseconds since 1970.
    pub(crate) frozen_ms: Option<u64>,
    /// How late everything is, the venue's clock with it.
    pub(crate) delay_ms: u64,
    /// What the venue lies about.
    pub(crate) lie: Option<Lie>,
    /// How often everybody has been cut off; a connection from before the last time ends.
    pub(crate) cuts: u64,
}

/// What a lying venue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Prices in cents.
    Units,
    /// Buyers pay more than sellers want.
    Crossed,
    /// Frames are no frames: cut off, of another kind, or no JSON at all.
    Garbage,
}

impl Lie {
    /// Its name in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Crossed => "crossed",
            Self::Garbage => "garbage",
        }
    }

    /// The lie of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Units, Self::Crossed, Self::Garbage].into_iter().find(|lie| lie.name() == name)
    }
}

impl fmt::Display for Faults {
    /// Writes what is wrong in a few words; "healthy" where nothing is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faults = Vec::new();
        for (holds, name) in [
            (self.refused, "refuses connections"),
            (self.unstreamed, "streams nothing"),
            (self.mute, "streams stuck"),
            (self.limited_s.is_some(), "asked too often"),
            (self.silent, "silent"),
            (self.frozen_ms.is_some(), "frozen"),
            (self.lie == Some(Lie::Units), "prices in cents"),
            (self.lie == Some(Lie::Crossed), "crossed books"),
            (self.lie == Some(Lie::Garbage), "sends garbage"),
        ] {
            if holds {
                faults.push(name.to_owned());
            }
        }
        if self.delay_ms > 0 {
            let (seconds, milli) = (self.delay_ms / 1_000, self.delay_ms % 1_000);
            faults.push(format!("late by {seconds}.{milli:03}s"));
        }
        formatter.write_str(if faults.is_empty() { "healthy" } else { "" })?;
        formatter.write_str(&faults.join(", "))
    }
}

/// A frame as a venue sends it that sends garbage; `turn` says which kind.
pub(crate) fn garbage(frame: &str, turn: u64) -> String {
    let half = frame.floor_char_boundary(frame.len() / 2);
    match turn % 5 {
        0 => frame.get(..half).unwrap_or_default().to_owned(),
        1 => "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned(),
        // Every number is a word.
        2 => frame.replace(|sign: char| sign.is_ascii_digit(), "x"),
        3 => "{}".to_owned(),
        _ => "[[[[[[[[[[null]]]]]]]]]]".to_owned(),
    }
}
