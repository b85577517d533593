//! What of a foreign text may be shown in a log or a message.

/// Longest excerpt shown, in characters.
const EXCERPT_MAX: usize = 60;

/// Longest run of key-like characters shown as it is; provider keys have 20 and more.
const TOKEN_MAX: usize = 19;

/// Shortens a foreign text to one line of at most 60 printable ASCII characters, with anything that
/// could be a key or hash replaced by `[..]`.
pub(crate) fn excerpt(text: &[u8]) -> String {
    let mut shown = String::new();
    let mut rest = text.get(..text.len().min(8 * EXCERPT_MAX)).unwrap_or(text);
    while !rest.is_empty() && shown.len() < EXCERPT_MAX {
        let run = rest.iter().take_while(|byte| is_key_like(**byte)).count();
        if run > TOKEN_MAX {
            shown.push_str("[..]");
        } else {
            shown.extend(rest.iter().take(run).map(|byte| char::from(*byte)));
        }
        rest = rest.get(run..).unwrap_or_default();
        if let Some((&byte, after)) = rest.split_first() {
            let plain = byte.is_ascii_graphic();
            if plain || !shown.ends_with(' ') {
                shown.push(if plain { char::from(byte) } else { ' ' });
            }
            rest = after;
        }
    }
    let cut = !rest.is_empty() || shown.len() > EXCERPT_MAX;
    shown.truncate(EXCERPT_MAX);
    let mut shown = shown.trim().to_owned();
    if cut {
        shown.push_str("..");
    }
    shown
}

fn is_key_like(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_control_characters_stay_out_of_logs() {
        // An upstream's error page repeats the request path, and with it the operator's key.
        let page = b"Cannot POST /v3/0123456789abcdef0123456789abcdef\r\n\x1b[31m";
        assert_eq!(excerpt(page), "Cannot POST /v3/[..] [31m");
        assert_eq!(excerpt(b""), "");
        assert!(excerpt(&[b'.'; 500]).len() <= EXCERPT_MAX + 2);
        assert!(excerpt("é".repeat(300).as_bytes()).is_ascii());
    }
}
