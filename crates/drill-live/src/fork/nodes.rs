//! Who there is: nodes with the versions that they run, which of them have the bug, and which are upstreams.

use practice::NodeSpec;

/// A node as the parameter `nodes` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The name of the upstream that it is.
    pub(super) name: String,
    /// Its answer to `web3_clientVersion`.
    pub(super) version: String,
    /// Whether its version has the bug.
    pub(super) affected: bool,
}

/// A family of clients and the versions of it that have a bug, as advisories say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bug {
    family: String,
    from: Vec<u64>,
    below: Vec<u64>,
}

impl Bug {
    /// The bug of the versions `from` up to but not `below` of a client.
    ///
    /// # Errors
    /// Where a version is no list of numbers with dots between.
    pub(super) fn new(family: &str, from: &str, below: &str) -> Result<Self, String> {
        let read = |text: &str| {
            numbers(text).ok_or_else(|| format!("`{text}` is no version such as `1.9.7`"))
        };
        Ok(Self { family: family.to_lowercase(), from: read(from)?, below: read(below)? })
    }

    /// Whether a client that names itself so has it.
    fn is_in(&self, version: &str) -> bool {
        let Some((family, rest)) = version.split_once('/') else { return false };
        let rest = rest.trim_start_matches('v');
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
        let version = rest.get(..end).and_then(numbers);
        family.to_lowercase() == self.family
            && version.is_some_and(|version| self.from <= version && version < self.below)
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Reads `name=version` with spaces between.
///
/// # Errors
/// Where one of them is written otherwise, or there is none.
pub(super) fn read(text: &str, bug: &Bug) -> Result<Vec<Node>, String> {
    let node = |entry: &str| {
        let (name, version) = entry.split_once('=').ok_or_else(|| {
            format!("`{entry}` in the parameter `nodes` has to be such as `first=Geth/v1.9.13`")
        })?;
        Ok(Node {
            name: name.to_owned(),
            version: version.to_owned(),
            affected: bug.is_in(version),
        })
    };
    let nodes: Vec<Node> = text.split_whitespace().map(node).collect::<Result<_, String>>()?;
    if nodes.is_empty() {
        return Err("the parameter `nodes` names no node".to_owned());
    }
    Ok(nodes)
}

/// The nodes as the practice world wants them, with the reader's own behind them, which nobody else asks and which is
/// never on the wrong branch.
pub(super) fn specs(nodes: &[Node]) -> Vec<NodeSpec> {
    let spec = |name: &str, version: &str| NodeSpec {
        name: name.to_owned(),
        operator: name.to_owned(),
        cloud: "drill".to_owned(),
        client_version: version.to_owned(),
    };
    let own = spec(READERS_OWN, "besu/v20.10.1/linux-x86_64/oracle-java-11");
    nodes.iter().map(|node| spec(&node.name, &node.version)).chain([own]).collect()
}

/// The name of the reader's own node.
pub(super) const READERS_OWN: &str = "readers-own";

/// Where the table of an upstream begins.
const UPSTREAM: &str = "[[gateway.chain.upstream]]";

/// The configuration with those upstreams alone whose names are `left`; as it is where that names none.
///
/// # Errors
/// Where one of them is not in the configuration.
pub(super) fn leave(configuration: &str, left: &str) -> Result<String, String> {
    let mut wanted: Vec<&str> = left.split_whitespace().collect();
    if wanted.is_empty() {
        return Ok(configuration.to_owned());
    }
    let mut parts = configuration.split(UPSTREAM);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_it = |name: &&str| part.contains(&format!("name = \"{name}\""));
        // What follows the last upstream is of other tables.
        let end = part.find("\n[").map_or(part.len(), |at| at + 1);
        let (upstream, after) = part.split_at(end);
        if let Some(place) = wanted.iter().position(is_it) {
            wanted.remove(place);
            kept.push_str(UPSTREAM);
            kept.push_str(upstream);
        }
        kept.push_str(after);
    }
    match wanted.first() {
        Some(name) => Err(format!("`{name}` is no upstream of the configuration")),
        None => Ok(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_the_advisory_have_the_bug_and_no_others() {
        // Else the drill would part a node that was right, and report on another split than that of 2020.
        let bug = Bug::new("geth", "1.9.7", "1.9.17").unwrap();
        let text = "a=Geth/v1.9.9-stable-01744997/linux-amd64/go1.13.8 b=Geth/v1.9.13 c=Geth/v1.9.17 \
                    d=Geth/v1.9.6 e=besu/v1.9.9 f=Geth/v1.9.23-stable g=unknown";
        let affected: Vec<bool> =
            read(text, &bug).unwrap().into_iter().map(|node| node.affected).collect();
        assert_eq!(affected, [true, true, false, false, false, false, false]);
        assert!(read("a", &bug).is_err() && read("", &bug).is_err());
        assert!(Bug::new("geth", "v1", "2").is_err());
    }

    #[test]
    fn only_the_upstreams_that_are_left_stay_in_the_configuration() {
        // One who had a single provider would be shown with the others' answers.
        let text = "[gateway]\nx = 1\n[[gateway.chain.upstream]]\nname = \"a\"\n\n[[gateway.chain.upstream]]\nname = \
                    \"b\"\n[status]\ny = 2\n";
        let left = leave(text, "a").unwrap();
        assert!(left.contains("\"a\"") && !left.contains("\"b\""), "{left}");
        assert!(left.ends_with("[status]\ny = 2\n"), "{left}");
        assert_eq!(leave(text, "").unwrap(), text);
        assert!(leave(text, "c").is_err());
    }
}
