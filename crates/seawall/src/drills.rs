//! The drills, wired to this binary.

use std::path::{Path, PathBuf};

use ::drill::{Configured, Library, Tools};

use crate::config;

/// Everything that comes with Seawall; live drills start `binary`, a seawall, as their part.
#[must_use]
pub fn library(binary: PathBuf) -> Library {
    Library::new(Tools { binary, read: configured })
}

/// A configuration of a drill, read as a file of a user.
fn configured(text: &str) -> Result<Configured, String> {
    let checked = config::check(text, &|_| None);
    let config = checked
        .config
        .map_err(|mistakes| config::listing(Path::new("configuration"), &mistakes, &[]))?;
    Ok(Configured { oracle: config.oracle, venue: config.venue })
}
