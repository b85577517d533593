//! Installs what the end-to-end suite needs into `.tools`, at the versions its lists pin.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command::{self, say};

/// Where the lists of packages are, seen from the root.
const LISTS: &str = "crates/end-to-end/clients";

/// The file that an installation leaves behind when it is whole: a copy of the lists it was made from.
const STAMP: &str = ".installed";

/// Installs the npm and Python packages; what is there already at the pinned versions is left alone.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tools = root.join(".tools");
    npm(&root.join(LISTS), &tools.join("npm"))?;
    python(&root.join(LISTS), &tools.join("venv"))
}

fn npm(lists: &Path, target: &Path) -> Result<()> {
    let package = read(&lists.join("package.json"))?;
    let lock = read(&lists.join("package-lock.json"))?;
    let stamp = format!("{package}{lock}");
    if is_current(target, &stamp) && target.join("node_modules").is_dir() {
        say("npm packages: already installed");
        return Ok(());
    }
    require("npm", "install Node.js 20 or later, which brings npm")?;
    fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    forget_stamp(target)?;
    fs::write(target.join("package.json"), package)?;
    fs::write(target.join("package-lock.json"), lock)?;
    // Not `npm ci`: it fails where a registry lacks one of the platforms' optional packages, whether or not
    // that platform is this one. The lock file decides the versions all the same.
    let install = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    command::run(Command::new("npm").current_dir(target).args(install))?;
    fs::write(target.join(STAMP), stamp)?;
    say("npm packages: installed");
    Ok(())
}

fn python(lists: &Path, target: &Path) -> Result<()> {
    let list = lists.join("requirements.txt");
    let stamp = read(&list)?;
    let interpreter = target.join("bin").join("python");
    if is_current(target, &stamp) && works(&interpreter) {
        say("python packages: already installed");
        return Ok(());
    }
    require("python3", "install Python 3.9 or later with its venv module")?;
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(target))
        .context("cannot make a virtual environment; on Debian and Ubuntu install python3-venv")?;
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
    command::run(&mut pip)?;
    fs::write(target.join(STAMP), stamp)?;
    say("python packages: installed");
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn is_current(target: &Path, stamp: &str) -> bool {
    fs::read_to_string(target.join(STAMP)).is_ok_and(|found| found == stamp)
}

/// Removes the stamp before an installation begins, so that a broken-off one is done again.
fn forget_stamp(target: &Path) -> Result<()> {
    match fs::remove_file(target.join(STAMP)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot replace {}", target.display()))
        }
        _ => Ok(()),
    }
}

fn require(program: &str, remedy: &str) -> Result<()> {
    if works(Path::new(program)) {
        return Ok(());
    }
    bail!(
        "the end-to-end suite needs `{program}`, which does not run here: {remedy}, or run `cargo xtask test --fast`"
    )
}

fn works(program: &Path) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_remedy() {
        let error = require("no-such-program-anywhere", "install it").expect_err("it is not there");
        let message = error.to_string();
        assert!(
            message.contains("`no-such-program-anywhere`") && message.contains("install it"),
            "{message}"
        );
    }

    #[test]
    fn an_installation_without_its_stamp_is_not_current() {
        assert!(!is_current(Path::new("no/such/folder"), ""));
    }
}
