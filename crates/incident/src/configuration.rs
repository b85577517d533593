//! A configuration with some of its keys changed.

use toml_edit::{DocumentMut, Item, Table, Value};

/// Another value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key with its tables, such as `gateway.admission`. A key of a list of tables is changed in all of them, or in
    /// the one that is named in brackets: `oracle.feed[USDE/USD].class`.
    pub key: String,
    /// Its value as TOML, such as `"fifo"` with its quotes; nothing where the key is to be left out.
    pub value: Option<String>,
}

/// The keys that an entry of a list of tables may be named by.
const NAMES: [&str; 5] = ["name", "symbol", "venue", "id", "key"];

/// A configuration with changes made in it.
///
/// # Errors
/// Where it is no TOML, or a change names a table that is not there.
pub fn changed<'a>(
    configuration: &str,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Result<String, String> {
    let mut document: DocumentMut =
        configuration.parse().map_err(|error| format!("the configuration is no TOML: {error}"))?;
    for change in changes {
        let value = match &change.value {
            None => None,
            Some(text) => Some(text.parse::<Value>().map_err(|error| {
                format!("`{}` is set to `{text}`, which is no TOML value: {error}", change.key)
            })?),
        };
        let path = path(&change.key)?;
        let made = change_in(document.as_table_mut(), &path, value.as_ref());
        if made == 0 {
            return Err(format!("`{}` leads to no table of the configuration", change.key));
        }
    }
    Ok(document.to_string())
}

/// The value of a key as TOML, or nothing where it is not set. Of a list of tables the first that has it counts.
#[must_use]
pub fn value_of(configuration: &str, key: &str) -> Option<String> {
    let document: DocumentMut = configuration.parse().ok()?;
    let item = item_below(document.as_table(), &path(key).ok()?)?;
    Some(item.to_string().trim().to_owned())
}

fn item_below<'a>(table: &'a Table, path: &[Step<'_>]) -> Option<&'a Item> {
    let ((name, entry), rest) = path.split_first()?;
    match table.get(name)? {
        item if rest.is_empty() => Some(item),
        Item::Table(below) => item_below(below, rest),
        Item::ArrayOfTables(list) => list
            .iter()
            .filter(|below| entry.is_none_or(|entry| is_named(below, entry)))
            .find_map(|below| item_below(below, rest)),
        Item::None | Item::Value(_) => None,
    }
}

/// A step of a path: a key, and the entry of a list, where one is named.
type Step<'a> = (&'a str, Option<&'a str>);

fn path(key: &str) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    let mut rest = key;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return Err(format!("`{key}` is no path of keys, such as `gateway.admission`"));
        }
        let (entry, after) = match after.strip_prefix('[') {
            None => (None, after),
            Some(after) => {
                let (entry, after) =
                    after.split_once(']').ok_or_else(|| format!("`{key}` lacks a `]`"))?;
                (Some(entry), after)
            }
        };
        steps.push((name, entry));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    Ok(steps)
}

/// Makes a change below a table; in how many tables it was made.
fn change_in(table: &mut Table, path: &[Step<'_>], value: Option<&Value>) -> usize {
    let Some(((name, entry), rest)) = path.split_first() else { return 0 };
    if rest.is_empty() {
        match value {
            Some(value) => {
                table.insert(name, Item::Value(value.clone()));
            }
            None => {
                table.remove(name);
            }
        }
        return 1;
    }
    match table.get_mut(name) {
        Some(Item::Table(below)) => change_in(below, rest, value),
        Some(Item::ArrayOfTables(list)) => list
            .iter_mut()
            .filter(|below| entry.is_none_or(|entry| is_named(below, entry)))
            .map(|below| change_in(below, rest, value))
            .sum(),
        Some(Item::None | Item::Value(_)) | None => 0,
    }
}

fn is_named(table: &Table, entry: &str) -> bool {
    NAMES.iter().any(|name| table.get(name).and_then(Item::as_str) == Some(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[gateway]\nadmission = \"fair\"\n\n[[oracle.feed]]\nsymbol = \"A/USD\"\n\n[[oracle.feed]]\nsymbol = \"B/USD\"\n";

    fn with(key: &str, value: Option<&str>) -> Result<String, String> {
        changed(TEXT, [&Change { key: key.to_owned(), value: value.map(str::to_owned) }])
    }

    #[test]
    fn a_key_is_changed_where_it_is_meant() {
        // Else a drill would run with its defence on while its report says that it is off.
        assert!(
            with("gateway.admission", Some("\"fifo\"")).unwrap().contains("admission = \"fifo\"")
        );
        assert!(!with("gateway.admission", None).unwrap().contains("admission"));
        let one = with("oracle.feed[B/USD].quorum_min", Some("1")).unwrap();
        assert!(one.ends_with("symbol = \"B/USD\"\nquorum_min = 1\n"), "{one}");
        assert_eq!(one.matches("quorum_min").count(), 1);
        let all = with("oracle.feed.quorum_min", Some("1")).unwrap();
        assert_eq!(all.matches("quorum_min").count(), 2);
    }

    #[test]
    fn the_value_of_a_key_is_the_one_that_is_changed() {
        // A report would say that a defence is set to what it is not.
        assert_eq!(value_of(TEXT, "gateway.admission").as_deref(), Some("\"fair\""));
        let changed = with("oracle.feed[B/USD].quorum_min", Some("1")).unwrap();
        assert_eq!(value_of(&changed, "oracle.feed.quorum_min").as_deref(), Some("1"));
        assert_eq!(value_of(&changed, "oracle.feed[A/USD].quorum_min"), None);
        assert_eq!(value_of(TEXT, "venue.fund"), None);
    }

    #[test]
    fn a_change_that_leads_nowhere_is_a_mistake() {
        // Else a misspelt table would make a defence look worthless.
        assert!(with("gatway.admission", Some("1")).is_err());
        assert!(with("oracle.feed[C/USD].quorum_min", Some("1")).is_err());
        assert!(with("gateway.admission", Some("fifo")).is_err(), "a text without quotes");
        assert!(with("gateway..admission", Some("1")).is_err());
    }
}
