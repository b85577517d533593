//! What is wrong with an incident's file.

use std::fmt;

/// A mistake: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from 1 on; 0 where it concerns the whole file.
    pub line: usize,
    /// The key, such as `defence.off`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// All mistakes of a file, in the order of their lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    /// What the file is called.
    pub file: String,
    /// One or more.
    pub all: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.all.clone();
        all.sort();
        for (nth, Mistake { line, key, what }) in all.iter().enumerate() {
            if nth > 0 {
                writeln!(to)?;
            }
            write!(to, "{}:{line}: {key}: {what}", self.file)?;
        }
        Ok(())
    }
}
