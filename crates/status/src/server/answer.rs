//! Answers: headers that keep readers safe, conditional requests, and the messages of the live stream.

use std::collections::BTreeMap;

use runtime::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::page::Frame;
use crate::text;

/// All that the page loads comes from itself; nothing may frame it or post elsewhere from it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How long an answer may be kept without asking again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lifetime {
    /// What machines poll (`research/resilience.md` C1).
    TenSeconds,
    /// Files whose address changes with their content.
    Day,
}

impl Lifetime {
    const fn header(self) -> HeaderValue {
        match self {
            Self::TenSeconds => HeaderValue::from_static("public, max-age=10"),
            Self::Day => HeaderValue::from_static("public, max-age=86400"),
        }
    }
}

/// An HTML page.
pub(super) fn html(status: StatusCode, html: String) -> Response {
    safe(Response::new(status, "text/html; charset=utf-8", html))
        .with_header(header::CACHE_CONTROL, NO_CACHE)
        .with_header(header::CONTENT_SECURITY_POLICY, POLICY)
        .with_header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
}

/// A body with its entity tag, or 304 where the client has it already.
pub(super) fn conditional(
    headers: &HeaderMap,
    content_type: &'static str,
    body: impl Into<Bytes>,
    lifetime: Lifetime,
) -> Response {
    let body = body.into();
    let tag = format!("\"{:016x}\"", text::fnv1a(body.iter().copied()));
    let response = if has(headers, &tag) {
        Response::empty(StatusCode::NOT_MODIFIED)
    } else {
        Response::new(StatusCode::OK, content_type, body)
    };
    // Sixteen hex digits in quotes are always a valid header value.
    let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
    safe(response)
        .with_header(header::ETAG, tag)
        .with_header(header::CACHE_CONTROL, lifetime.header())
}

/// Whether If-None-Match names `tag`; weak tags match as well (RFC 9110 section 13.1.2).
fn has(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(
        |value| {
            value
                .split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        },
    )
}

/// Lets pages of other sites read the answer; there is nothing private in it.
pub(super) fn cors(response: Response) -> Response {
    response.with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN)
}

/// The live stream, kept from caches and from proxies that would hold it back.
pub(super) fn streamed(response: Response) -> Response {
    safe(response)
        .with_header(header::CACHE_CONTROL, NO_STORE)
        .with_header(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))
}

/// An answer to HEAD for what has no end.
pub(super) fn empty_head(content_type: &'static str) -> Response {
    streamed(Response::new(StatusCode::OK, content_type, Bytes::new()))
}

/// Too many viewers.
pub(super) fn too_many() -> Response {
    refuse(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many viewers; the page itself and its JSON are still served",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("30"))
}

/// A method that the page does not know.
pub(super) fn not_allowed() -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here")
        .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
}

/// A refusal in words that came from elsewhere, as plain text.
pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    safe(Response::text(status, text::tidy(why, 300)))
}

/// A refusal in words.
pub(super) fn refuse(status: StatusCode, why: &'static str) -> Response {
    safe(Response::text(status, format!("{why}\n")))
}

fn safe(response: Response) -> Response {
    response.with_header(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF)
}

/// Whether a browser sent this on behalf of another site's page. Tools such as curl send neither header.
pub(super) fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(SEC_FETCH_SITE) {
        return !matches!(site, "same-origin" | "none");
    }
    text(header::ORIGIN).is_some_and(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_none() || host != text(header::HOST)
    })
}

/// What a viewer gets first: all of the page, since it may have come back after a while.
pub(super) fn first_message(frame: &Frame) -> Bytes {
    Bytes::from(format!("retry: 2000\n{}", whole(frame)))
}

/// What changed from `before` to `frame`, as one message. It comes each second even where nothing did, so
/// that a viewer can tell calm from a broken connection.
pub(super) fn message(frame: &Frame, before: &Frame) -> Bytes {
    match frame.changes(before) {
        None => Bytes::from(whole(frame)),
        Some(changes) if changes.is_empty() => Bytes::from_static(b"event: tick\ndata: {}\n\n"),
        Some(changes) => Bytes::from(event("parts", &changes)),
    }
}

fn whole(frame: &Frame) -> String {
    event("page", &BTreeMap::from([("main", frame.main.as_str())]))
}

fn event(name: &str, data: &BTreeMap<&str, &str>) -> String {
    // A map of strings is always representable; an empty object would change nothing on the page.
    let json = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned());
    format!("event: {name}\ndata: {json}\n\n")
}
