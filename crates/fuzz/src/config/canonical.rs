//! The same TOML values, written in another way.

use std::fmt::Write as _;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Value};

/// Writes every table of the file as an inline table, keys in their order; `None` if it is no TOML.
pub(super) fn rewrite(text: &str) -> Option<String> {
    let document: DocumentMut = text.parse().ok()?;
    let mut out = String::new();
    for (key, item) in document.as_table() {
        let key = toml_edit::Key::new(key);
        // A write to a String does not fail.
        writeln!(out, "{} = {}", key.display_repr(), value(item)?).ok()?;
    }
    Some(out)
}

fn value(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Value(inner) => Some(plain(inner)),
        Item::Table(table) => {
            let pairs = table.iter().filter_map(|(key, item)| Some((key, value(item)?)));
            Some(Value::InlineTable(InlineTable::from_iter(pairs)))
        }
        Item::ArrayOfTables(tables) => {
            let tables = tables.iter().map(|table| value(&Item::Table(table.clone())));
            Some(Value::Array(tables.collect::<Option<Array>>()?))
        }
    }
}

/// A value without the blanks and comments around it, and texts and numbers in their usual form.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(text.value().as_str()),
        Value::Integer(number) => Value::from(*number.value()),
        Value::Float(number) => Value::from(*number.value()),
        Value::Boolean(truth) => Value::from(*truth.value()),
        Value::Datetime(date) => Value::from(*date.value()),
        Value::Array(list) => Value::Array(list.iter().map(plain).collect()),
        Value::InlineTable(table) => {
            let pairs = table.iter().map(|(key, value)| (key, plain(value)));
            Value::InlineTable(InlineTable::from_iter(pairs))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_being_written_in_another_way() {
        // Else a difference between two readings would be the rewriter's.
        let text = "a.b = 0x10 # c\n[t]\nx = 'y\\z'\n[[t.l]]\nn = [1, 2]\n[[t.l]]\n";
        let expected = "a = { b = 16 }\nt = { x = 'y\\z', l = [{ n = [1, 2] }, {}] }\n";
        let same = |text: &str| text.replace([' ', '"', '\''], "");
        assert_eq!(same(&rewrite(text).expect("TOML")), same(expected));
    }
}
