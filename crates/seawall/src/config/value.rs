//! Reads texts: spans of time, addresses, names, hashes, URLs.

use std::net::SocketAddr;
use std::path::PathBuf;

use ::gateway::config::Secret;
use runtime::client::Endpoint;
use units::Span;

/// Most characters of a value that are repeated in a message.
const SHOWN_MAX: usize = 40;

/// A span of time with its unit: `250ms`, `12s`, `1m`, `1h`, `7d`.
pub(super) fn span(text: &str) -> Result<Span, String> {
    let digits = text.len() - text.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| format!("{} is no span of time", shown(text)))?;
    let span = match unit.trim() {
        "ms" => Span::from_millis(number),
        "s" => Span::from_secs(number),
        "m" => Span::from_secs(number.saturating_mul(60)),
        "h" => Span::from_secs(number.saturating_mul(3_600)),
        "d" => Span::from_secs(number.saturating_mul(86_400)),
        "" => return Err(format!("{} has no unit", shown(text))),
        _ => return Err(format!("{} has an unknown unit", shown(text))),
    };
    Ok(span)
}

/// A span as it is written in the file, in the largest unit that keeps it exact.
pub(super) fn span_text(span: Span) -> String {
    let millis = span.as_millis();
    match millis {
        0 => "0ms".to_owned(),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

/// An address to listen on.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(format!("{} has no port", shown(text)));
    };
    if port.is_empty() || !port.chars().all(|sign| sign.is_ascii_digit()) {
        return Err(format!("{} has no port", shown(text)));
    }
    if port.parse::<u16>().is_err() {
        return Err(format!("port {} is out of range (0 to 65535)", shown(port)));
    }
    if host == "localhost" {
        return Err(format!(
            "{} is a name and not an address; write \"127.0.0.1:{port}\"",
            shown(text)
        ));
    }
    Err(format!("{} does not begin with an IP address", shown(text)))
}

/// Paths that the gateway itself answers at, so that no chain can have their names.
const OWN_PATHS: [&str; 4] = ["v1", "healthz", "readyz", "metrics"];

/// The name of a chain, which is a path and a metrics label.
pub(super) fn chain_name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the name is empty".to_owned());
    }
    if !text.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-') {
        return Err(format!(
            "{} holds something else than small letters, digits and dashes",
            shown(text)
        ));
    }
    if text.chars().all(|sign| sign.is_ascii_digit()) {
        return Err(format!("{} reads like a chain id, which has a path of its own", shown(text)));
    }
    if OWN_PATHS.contains(&text) {
        return Err(format!("{} is a path of the gateway itself", shown(text)));
    }
    short(text)
}

/// The name of an upstream, which is a header value and a metrics label.
pub(super) fn upstream_name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the name is empty".to_owned());
    }
    if !text.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.')) {
        return Err(format!(
            "{} holds something else than letters, digits, \"-\", \"_\" and \".\"",
            shown(text)
        ));
    }
    short(text)
}

/// A label for people, such as an operator or a cloud.
pub(super) fn label(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("the text is empty".to_owned());
    }
    if text.contains("://") {
        return Err("a URL does not belong here".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("the text holds control characters".to_owned());
    }
    short(text)
}

fn short(text: &str) -> Result<String, String> {
    let count = text.chars().count();
    if count > 64 { Err(format!("{count} characters are too many")) } else { Ok(text.to_owned()) }
}

/// A secret that is long enough not to be guessed.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    let count = text.chars().count();
    if count < 16 {
        return Err(format!("{count} characters are too few"));
    }
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err("it holds characters that do not fit into an HTTP header".to_owned());
    }
    Ok(Secret::new(text))
}

/// A block hash: `0x` and 64 hexadecimal digits.
pub(super) fn hash(text: &str) -> Result<[u8; 32], String> {
    let digits = text
        .strip_prefix("0x")
        .ok_or_else(|| format!("{} does not begin with \"0x\"", shown(text)))?;
    if digits.chars().count() != 64 {
        return Err(format!("{} digits after \"0x\"", digits.chars().count()));
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.contains('+'));
        let read = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        *byte = read.ok_or_else(|| "a digit is not hexadecimal".to_owned())?;
    }
    Ok(hash)
}

/// The path of a file or a folder.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// An upstream's URL with one of two schemes; `other` are the schemes of the key `other_key`.
pub(super) fn endpoint(
    text: &str,
    schemes: [&str; 2],
    other: [&str; 2],
    other_key: &str,
) -> Result<Endpoint, String> {
    let Some((scheme, _)) = text.split_once("://") else {
        return Err("the URL has no scheme".to_owned());
    };
    let scheme = scheme.to_ascii_lowercase();
    if other.contains(&scheme.as_str()) {
        return Err(format!("a {scheme} URL belongs under {other_key}"));
    }
    if !schemes.contains(&scheme.as_str()) {
        return Err("the URL has an unknown scheme".to_owned());
    }
    Endpoint::parse(text)
}

/// A value fit for a message: short, and without what may be a secret.
pub(super) fn shown(text: &str) -> String {
    if text.contains("://") || text.contains('@') {
        return "the value (a URL, not shown)".to_owned();
    }
    if text.chars().count() <= SHOWN_MAX {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{start:?}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: std::fmt::Debug>(outcome: Result<T, String>, words: &str) {
        let wrong = outcome.expect_err("must be refused");
        assert!(wrong.contains(words), "{wrong:?} lacks {words:?}");
    }

    #[test]
    fn a_span_without_a_unit_is_refused() {
        for (text, millis) in
            [("250ms", 250), ("12s", 12_000), ("1m", 60_000), ("2h", 7_200_000), ("3 s", 3_000)]
        {
            assert_eq!(span(text), Ok(Span::from_millis(millis)));
        }
        assert_eq!(span_text(Span::from_millis(1_500)), "1500ms");
        assert_eq!(span_text(Span::from_secs(120)), "2m");
        check(span("12"), "no unit");
        check(span("12 parsecs"), "unknown unit");
        check(span("-1s"), "no span of time");
        check(span("s"), "no span of time");
    }

    #[test]
    fn an_address_that_cannot_be_listened_on_is_refused() {
        assert!(listen("[::1]:8545").is_ok());
        check(listen("127.0.0.1"), "no port");
        check(listen("127.0.0.1:99999"), "out of range");
        check(listen("localhost:8545"), "write \"127.0.0.1:8545\"");
        check(listen("example.org:8545"), "IP address");
    }

    #[test]
    fn a_chain_name_that_hides_another_path_is_refused() {
        assert_eq!(chain_name("arbitrum-one"), Ok("arbitrum-one".to_owned()));
        check(chain_name("10"), "chain id");
        check(chain_name("metrics"), "path of the gateway");
        check(chain_name("Ethereum"), "small letters");
        check(chain_name(&"a".repeat(65)), "too many");
    }

    #[test]
    fn a_short_or_misspelt_hash_is_refused() {
        assert_eq!(hash(&format!("0x{}", "0a".repeat(32))), Ok([10; 32]));
        check(hash("0x12"), "2 digits");
        check(hash(&format!("0x{}", "+a".repeat(32))), "hexadecimal");
        check(hash(&"0a".repeat(32)), "0x");
    }

    #[test]
    fn a_message_never_repeats_a_url() {
        assert_eq!(shown("https://user:s3cret@a"), "the value (a URL, not shown)");
        check(chain_name("https://a/s3cret"), "not shown");
        check(label("https://a/s3cret"), "does not belong here");
    }
}
