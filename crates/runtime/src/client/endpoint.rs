//! Where an endpoint is, with its secrets kept out of sight.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ::http::uri::PathAndQuery;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::tls;
use crate::http::{HeaderValue, Uri};

/// What a URL must look like, for the error messages.
const EXPECTED: &str = "expected http://, https://, ws:// or wss:// and a host";
/// Shortest part of a URL that is taken for a key; providers' have 20 characters and more, and a shorter
/// part may be a word that any text holds.
const KEY_BYTES_MIN: usize = 20;

/// Where an endpoint is: scheme, host, port, path. Its `Debug` and `Display` show only scheme, host
/// and port: paths, queries and user names of provider URLs hold keys.
#[derive(Clone)]
pub struct Endpoint {
    scheme: Scheme,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    path_and_query: PathAndQuery,
    /// The `authorization` header that `user:pass@` asks for; marked sensitive.
    authorization: Option<HeaderValue>,
    /// The parts of user, password, path and query that may be keys.
    keys: Arc<[Box<[u8]>]>,
    /// Trust other than the system's; `None` takes the system's.
    trust: Option<Arc<ClientConfig>>,
    /// The address of this machine that connections come from; `None` takes the system's choice.
    source: Option<IpAddr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Ws, Self::Wss];

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    const fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Wss)
    }

    const fn default_port(self) -> u16 {
        if self.is_secure() { 443 } else { 80 }
    }
}

impl Endpoint {
    /// Reads `http://`, `https://`, `ws://` or `wss://` URLs; `user:pass@` becomes basic authorization.
    ///
    /// # Errors
    /// A sentence that says what is wrong, without repeating the URL's secrets.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_secret| format!("not a valid URL, {EXPECTED}"))?;
        let scheme = uri.scheme_str().ok_or_else(|| format!("URL has no scheme, {EXPECTED}"))?;
        let scheme = Scheme::ALL
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(scheme))
            .ok_or_else(|| format!("URL scheme {scheme} is not known, {EXPECTED}"))?;
        let authority = uri.authority().ok_or_else(|| format!("URL has no host, {EXPECTED}"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(format!("URL has no host, {EXPECTED}"));
        }
        let after_user =
            authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, it)| it);
        let has_port = after_user.rsplit_once(']').map_or(after_user, |(_, it)| it).contains(':');
        let port = match authority.port_u16() {
            Some(0) => return Err("URL port 0 cannot be called, expected 1 to 65535".to_owned()),
            Some(port) => port,
            None if has_port => return Err("URL port is not valid, expected 1 to 65535".to_owned()),
            None => scheme.default_port(),
        };
        if scheme.is_secure() && ServerName::try_from(host.as_str()).is_err() {
            return Err(format!("host {host} is neither a DNS name nor an address"));
        }
        let authorization = match authority.as_str().rsplit_once('@') {
            Some((user, _)) => Some(basic_authorization(user)?),
            None => None,
        };
        let path_and_query =
            uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let user = authority.as_str().rsplit_once('@').map_or("", |(user, _)| user);
        let keys = keys_of(user).chain(keys_of(path_and_query.as_str())).collect();
        Ok(Self {
            scheme,
            host,
            port,
            path_and_query,
            authorization,
            keys,
            trust: None,
            source: None,
        })
    }

    /// This endpoint, trusted only where its certificate comes from one of the PEM certificates in
    /// `roots` instead of the system's: for endpoints behind a company's own authority.
    ///
    /// # Errors
    /// Where `roots` is not PEM or holds no certificate that can be an authority.
    pub fn with_roots(self, roots: &[u8]) -> Result<Self, String> {
        Ok(Self { trust: Some(tls::trust_only(roots)?), ..self })
    }

    /// This endpoint, called from an address of this machine: for servers that tell clients apart by where they come
    /// from.
    #[must_use]
    pub fn from_address(self, source: IpAddr) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The address of this machine that connections come from, where one was chosen.
    pub(super) const fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Scheme, host and port, fit for people's eyes; the scheme's own port is left out.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority())
    }

    /// The host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the URL was `ws://` or `wss://`.
    #[must_use]
    pub const fn is_websocket(&self) -> bool {
        matches!(self.scheme, Scheme::Ws | Scheme::Wss)
    }

    /// Whether a text repeats a key of this URL, as providers' error pages do. Knows keys by their length:
    /// parts of the URL of 20 bytes and more.
    #[must_use]
    pub fn is_key_in(&self, text: &[u8]) -> bool {
        self.keys.iter().any(|key| text.windows(key.len()).any(|part| part == &**key))
    }

    /// Whether the connection is under TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.scheme.is_secure()
    }

    /// Host and port as the `host` header has them: an IPv6 address in brackets, the scheme's own
    /// port left out (RFC 9110 section 7.2).
    pub(super) fn authority(&self) -> String {
        let host = match self.host.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            Ok(IpAddr::V4(_)) | Err(_) => self.host.clone(),
        };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// The path below which this endpoint's resources lie. It may hold a key and is not to be shown.
    #[must_use]
    pub fn base_path(&self) -> &str {
        self.path_and_query.path()
    }

    pub(super) const fn path_and_query(&self) -> &PathAndQuery {
        &self.path_and_query
    }

    pub(super) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// The TLS settings; `None` where the connection is plain.
    pub(super) fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.is_secure().then(|| self.trust.clone().unwrap_or_else(tls::trust_of_system))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.masked())
    }
}

/// The parts of a URL's text that may be keys.
fn keys_of(text: &str) -> impl Iterator<Item = Box<[u8]>> {
    let parts = text.split(['/', '?', '&', '=', ':', ';', ',']);
    parts.filter(|part| part.len() >= KEY_BYTES_MIN).map(|part| part.as_bytes().into())
}

/// The header for `user:pass` as a URL has it (RFC 7617; percent codes undone).
fn basic_authorization(user_and_password: &str) -> Result<HeaderValue, String> {
    let clear = percent_decoded(user_and_password).ok_or_else(|| {
        "URL user or password has a percent sign without two hex digits".to_owned()
    })?;
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(clear)))
        .map_err(|_secret| "URL user or password cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The bytes behind percent codes (RFC 3986 section 2.1); `None` where a code is cut or not hex.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut clear = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let decoded = if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        };
        clear.push(decoded);
    }
    Some(clear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_key_in_a_url_must_never_reach_a_log_or_a_page() {
        for url in [
            "https://user:s3cret@eth.example.com/v2/s3cret?key=s3cret",
            "wss://s3cret@eth.example.com:8443/s3cret",
            "http://127.0.0.1:8545/s3cret#s3cret",
        ] {
            let endpoint = Endpoint::parse(url).expect("a valid URL");
            let shown = format!("{endpoint} {endpoint:?} {endpoint:#?} {}", endpoint.masked());
            assert!(!shown.contains("s3cret"), "{shown}");
            assert!(!shown.contains("user"), "{shown}");
        }
        for url in
            ["ht!tp://s3cret", "ftp://s3cret@host/s3cret", "https://s3cret:s3cret@:80/", "s3cret"]
        {
            let error = Endpoint::parse(url).expect_err("not a valid URL");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_key_that_a_provider_repeats_must_be_recognised() {
        let (user, path, query) =
            ["u1234567890123456789", "p1234567890123456789", "q1234567890123456789"].into();
        let url = format!("https://{user}:pass@host/v2/{path}?mode=archive&key={query}");
        let endpoint = Endpoint::parse(&url).expect("a valid URL");
        for key in [user, path, query] {
            assert!(endpoint.is_key_in(format!("no such project: {key}.").as_bytes()), "{key}");
        }
        // Ordinary words of a URL are no keys: errors that hold them must pass.
        for text in ["", "archive host v2 pass", "p123456789012345678"] {
            assert!(!endpoint.is_key_in(text.as_bytes()), "{text}");
        }
    }

    fn check(url: &str, expect: Result<(&str, &str, u16, &str), &str>) {
        let endpoint = Endpoint::parse(url);
        let seen = endpoint.as_ref().map(|it| {
            (it.masked(), it.host().to_owned(), it.port(), it.path_and_query().to_string())
        });
        match (seen, expect) {
            (Ok(seen), Ok(expect)) => assert_eq!(
                (seen.0.as_str(), seen.1.as_str(), seen.2, seen.3.as_str()),
                expect,
                "{url}"
            ),
            (Err(seen), Err(expect)) => assert!(seen.contains(expect), "{url}: {seen}"),
            (seen, expect) => panic!("{url}: saw {seen:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn a_misread_url_sends_calls_and_keys_to_the_wrong_place() {
        check("http://node", Ok(("http://node", "node", 80, "/")));
        check("HTTPS://node/", Ok(("https://node", "node", 443, "/")));
        check("ws://node:8546/a?b=c", Ok(("ws://node:8546", "node", 8546, "/a?b=c")));
        check("wss://a:b@node?x", Ok(("wss://node", "node", 443, "/?x")));
        check("http://[::1]:8545/k", Ok(("http://[::1]:8545", "::1", 8545, "/k")));
        check("https://[::1]", Ok(("https://[::1]", "::1", 443, "/")));
        check("https://node:443", Ok(("https://node", "node", 443, "/")));
        check("node:8545", Err("scheme"));
        check("/path", Err("no scheme"));
        check("ftp://node", Err("ftp is not known"));
        check("http://node:70000", Err("port"));
        check("http://node:0", Err("port 0"));
        check("https://no_de..x/", Err("neither a DNS name"));
        check("http://a:%zz@node", Err("percent"));
    }

    #[test]
    fn a_password_with_special_letters_must_authorize_as_it_was_meant() {
        let endpoint = Endpoint::parse("http://user:p%40ss%3a@node").expect("a valid URL");
        // base64 of "user:p@ss:", computed with coreutils.
        let header = endpoint.authorization().expect("basic authorization");
        assert_eq!(header, "Basic dXNlcjpwQHNzOg==");
        assert!(header.is_sensitive());
    }
}
