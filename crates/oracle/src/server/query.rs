//! The query of a request: names and values, percent-encoded (WHATWG URL, section 5.1).

/// The most values that are looked at: a head of 32 KiB holds some 450 price ids of Hermes.
const PAIRS_MAX: usize = 1_024;

/// A query as it came, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what is behind the `?`.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(PAIRS_MAX);
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        });
        Self(pairs.collect())
    }

    /// The first value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether a switch is on: it is there, and is not told to be off.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "false" | "0" | "no"))
    }

    /// All values of a name, also where they are written as a list: `name[]=a`, `name[0]=a` or `name=a,b`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let of_list = |found: &str| {
            let rest = found.strip_prefix(name);
            rest.is_some_and(|rest| {
                rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']'))
            })
        };
        let values = self.0.iter().filter(|(found, _)| of_list(found));
        let each = values.flat_map(|(_, value)| value.split(',').map(str::trim));
        each.filter(|value| !value.is_empty()).collect()
    }
}

/// Text with its percent signs resolved; what is no UTF-8 is replaced, and what is no code stays as it is.
pub(crate) fn decoded(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let code = behind.get(..2).and_then(|code| core::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            (b'+', _) if plus_is_space => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_write_lists_in_four_ways() {
        for text in ["ids=a,b", "ids[]=a&ids[]=b", "ids%5B%5D=a&ids%5B%5D=b", "ids[0]=a&ids[1]=b"] {
            assert_eq!(Query::parse(text).list("ids"), ["a", "b"], "{text}");
        }
        assert!(Query::parse("idsx=a&x=1").list("ids").is_empty());
    }

    #[test]
    fn a_switch_is_on_where_it_is_not_told_to_be_off() {
        for (text, on) in
            [("a=true", true), ("a", true), ("a=false", false), ("a=0", false), ("b", false)]
        {
            assert_eq!(Query::parse(text).is_on("a"), on, "{text}");
        }
    }

    #[test]
    fn what_is_no_code_stays_as_it_is() {
        assert_eq!(decoded("BTC%2fUSD", false), "BTC/USD");
        assert_eq!(decoded("100%&%zz%4", false), "100%&%zz%4");
        assert_eq!(decoded("a+b%2B", true), "a b+");
        assert_eq!(decoded("%ff%+1", false), "\u{fffd}%+1");
    }
}
