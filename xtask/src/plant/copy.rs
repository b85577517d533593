//! A copy of the tree to plant faults in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command;

/// The tree, and the folder that it is copied to.
#[derive(Debug)]
pub(super) struct Copy {
    root: PathBuf,
    /// The copy's root.
    pub(super) tree: PathBuf,
}

impl Copy {
    /// A copy of `root` at `tree`, which is filled by [`Copy::refresh`].
    pub(super) fn new(root: &Path, tree: &Path) -> Self {
        Self { root: root.to_owned(), tree: tree.to_owned() }
    }

    /// Makes the copy the same as the tree that git sees. Files that are the same already are left
    /// alone, so that cargo builds anew only what differs.
    pub(super) fn refresh(&self) -> Result<()> {
        let mut git = Command::new("git");
        git.current_dir(&self.root);
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = command::output(&mut git)?;
        let mut wanted = BTreeSet::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let (from, to) = (self.root.join(path), self.tree.join(path));
            // One that is listed and gone was deleted and not yet committed.
            let Ok(bytes) = fs::read(&from) else { continue };
            wanted.insert(to.clone());
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
            fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
        }
        remove_others(&self.tree, &wanted)
    }
}

/// Removes what an earlier state of the tree left behind.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry.context("cannot list the copy")?;
        let path = entry.path();
        if entry.file_type().context("cannot look at the copy")?.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
