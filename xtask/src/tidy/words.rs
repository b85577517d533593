//! Words and places that do not belong into the tree: notes to self, machine paths, package hosts.

use super::Finding;
use super::rules;
use super::tree::{TextFile, Tree};

/// Notes to self, written in two halves so that this file passes its own check.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Folders of one machine, likewise.
const FOLDERS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/t", "mp/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
];

/// Checks every text file.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.texts.iter().filter(|file| file.path != rules::FILE && file.path != "LICENSE")
    {
        for (line, number) in file.text.lines().zip(1..) {
            findings.extend(
                complaints(tree, file, line)
                    .into_iter()
                    .map(|message| Finding::new(&file.path, number, message)),
            );
        }
    }
    findings
}

fn complaints(tree: &Tree, file: &TextFile, line: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if let Some(note) = NOTES.iter().find(|note| has_word(line, note)) {
        messages.push(format!("{note} is a note to self: do it, or open an issue and name it"));
    }
    if let Some(folder) = FOLDERS.iter().find(|folder| has_folder(line, folder)) {
        messages.push(format!(
            "{folder} is a path of one machine: use a relative path or a temporary folder"
        ));
    }
    if file.path.ends_with("package-lock.json") && line.trim_start().starts_with("\"resolved\"") {
        let remedy = "run npm install with --omit-lockfile-registry-resolved";
        messages.push(format!("the lock file is tied to one package host: {remedy}"));
    }
    let lower = line.to_lowercase();
    for (word, better) in tree.rules.words.iter().filter(|(word, _)| has_word(&lower, word)) {
        messages.push(format!("say \"{better}\" instead of \"{word}\""));
    }
    messages
}

/// Whether a line holds a word, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let outside = |text: Option<char>| {
        text.is_none_or(|neighbour| !neighbour.is_alphanumeric() && neighbour != '_')
    };
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        outside(before) && outside(after)
    })
}

/// Whether a line holds an absolute path under a folder, not a URL or a relative path that ends so.
fn has_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        before.is_none_or(|neighbour| !neighbour.is_alphanumeric() && !"._-/}".contains(neighbour))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, tree};
    use super::*;

    fn check_line(path: &str, line: &str) -> Vec<Finding> {
        check(&tree(&[(path, &format!("//! A.\n{line}\n"))]))
    }

    #[test]
    fn a_note_to_self_is_caught() {
        assert_one(&check_line("a.md", &format!("{}: later", NOTES[0])), "a.md:2", "note to self");
        assert_eq!(check_line("a.md", &format!("{}S and _{}", NOTES[0], NOTES[0])), []);
    }

    #[test]
    fn a_path_of_one_machine_is_caught() {
        assert_one(&check_line("a.sh", &format!("cd {}a", FOLDERS[0])), "a.sh:2", "one machine");
        assert_eq!(check_line("a.md", &format!("https://example.org{}a", FOLDERS[0])), []);
    }

    #[test]
    fn a_banned_word_is_caught_with_a_better_one() {
        assert_one(&check_line("a.md", "They Frobnicate."), "a.md:2", "turn");
    }

    #[test]
    fn a_lock_file_tied_to_one_host_is_caught() {
        let line = "\"resolved\": \"https://packages.example.org/a.tgz\",";
        assert_one(
            &check_line("clients/package-lock.json", line),
            "clients/package-lock.json:2",
            "package host",
        );
    }
}
