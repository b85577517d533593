//! What a kept answer is found by.

use core::hash::Hasher;
use std::hash::DefaultHasher;

/// A call as it goes out: the method, and the parameters with the block that was pinned in them.
///
/// Keys are compared byte for byte; the fingerprint only says where to look. It is keyed, so that nobody
/// who does not know the seed can name two calls that push each other out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheKey<'a> {
    fingerprint: u64,
    method: &'a str,
    params: &'a str,
}

impl<'a> CacheKey<'a> {
    /// The key of a call; every user of one cache takes the same `seed`.
    #[must_use]
    pub fn new(seed: u64, method: &'a str, params: &'a str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(seed);
        hasher.write(method.as_bytes());
        hasher.write(params.as_bytes());
        Self { fingerprint: hasher.finish(), method, params }
    }

    /// 64 bits that equal keys share, and other keys hardly ever.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.method.len().saturating_add(self.params.len())
    }

    /// A copy to keep.
    #[must_use]
    pub fn to_kept(&self) -> KeptKey {
        let text = [self.method, self.params].concat();
        KeptKey { text: text.into_boxed_str(), method_bytes: self.method.len() }
    }
}

/// A key that outlives the call it was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    text: Box<str>,
    method_bytes: usize,
}

impl KeptKey {
    /// Whether this is that call's key.
    #[must_use]
    pub fn is(&self, key: &CacheKey<'_>) -> bool {
        self.method_bytes == key.method.len()
            && self.text.strip_prefix(key.method) == Some(key.params)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_never_answered_with_another_ones_answer() {
        let key = CacheKey::new(7, "eth_call", r#"[{"to":"0x1"},"0x5"]"#);
        let kept = key.to_kept();
        assert!(kept.is(&CacheKey::new(7, "eth_call", r#"[{"to":"0x1"},"0x5"]"#)));
        assert!(!kept.is(&CacheKey::new(7, "eth_call", r#"[{"to":"0x1"},"0x6"]"#)));
        // The same bytes, cut elsewhere.
        assert!(!kept.is(&CacheKey::new(7, "eth_cal", r#"l[{"to":"0x1"},"0x5"]"#)));
        assert!(!kept.is(&CacheKey::new(7, "eth_callx", "")));
    }

    #[test]
    fn who_does_not_know_the_seed_cannot_tell_where_a_key_is_looked_for() {
        let at = |seed| CacheKey::new(seed, "eth_call", "[]").fingerprint();
        assert_eq!(at(1), at(1));
        assert_ne!(at(1), at(2));
    }
}
