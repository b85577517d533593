//! Instructions a command, counted by callgrind where valgrind is installed: a figure without the machine's moods.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Commands that are counted; their mean is within a hundredth of that of all.
const COUNTED: usize = 200_000;

/// Runs this program again under callgrind, counting only what happens in the timed commands. `None` without valgrind.
pub(super) fn count(engine: usize, symbols: usize) -> Result<Option<f64>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    let this = std::env::current_exe().context("a program knows where it is")?;
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*::replay*"])
        .arg(this)
        .args(["venue-one", &engine.to_string(), &symbols.to_string(), &COUNTED.to_string()])
        .output()
        .context("valgrind does not start")?;
    let said = String::from_utf8_lossy(&out.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let Some((_, number)) = collected else { bail!("callgrind counted nothing:\n{said}") };
    let instructions: f64 = number.trim().parse().context("callgrind's count")?;
    Ok(Some(instructions / super::measure::count(COUNTED)))
}
