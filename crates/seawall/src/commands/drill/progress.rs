//! A line that tells how far a drill is.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};

use incident::Watch;

/// On a terminal a line that is written anew; elsewhere a line at each tenth, so that a log shows that it goes on.
#[derive(Debug)]
pub(super) struct Progress {
    name: String,
    is_terminal: bool,
    /// What was said last: thousandths and words.
    last: Mutex<(u32, String)>,
}

/// Longest line, so that it stays one.
const WIDTH: usize = 100;

impl Progress {
    pub(super) fn new(name: &str) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { name: name.to_owned(), is_terminal, last: Mutex::new((u32::MAX, String::new())) }
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.is_terminal {
            self.write(&format!("\r{:WIDTH$}\r", ""));
        }
    }

    fn write(&self, text: &str) {
        // Where standard error is closed nobody looks.
        let mut to = std::io::stderr().lock();
        drop(to.write_all(text.as_bytes()).and_then(|()| to.flush()));
    }
}

impl Watch for Progress {
    fn progress(&self, per_mille: u32, now: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let step = if self.is_terminal { 1 } else { 100 };
        if last.0 != u32::MAX && last.0 / step == per_mille / step && (last.1 == now || step > 1) {
            return;
        }
        *last = (per_mille, now.to_owned());
        let line: String =
            format!("{} {:>3} %  {now}", self.name, per_mille / 10).chars().take(WIDTH).collect();
        if self.is_terminal {
            self.write(&format!("\r{line:WIDTH$}"));
        } else {
            self.write(&format!("{line}\n"));
        }
    }
}
