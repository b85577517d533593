//! Responses as bytes.

use std::cell::RefCell;
use std::io::{self, IoSlice, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Response, StatusCode};
use crate::clock;
use crate::h1::decimal;

/// Bodies up to this size are copied behind their heads, so that both leave in one packet; a larger one
/// fills several packets anyway.
const COPIED_BYTES_MAX: usize = 16 << 10;

/// How the end of a response's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// There is no body, and no word of one.
    NoBody,
    /// By its length.
    Length(u64),
    /// By chunks.
    Chunks,
    /// By the end of the connection.
    Close,
}

/// Writes a head to the end of `out`. `keep_alive` and `modern` are the connection's: whether it goes on,
/// and whether it speaks HTTP/1.1.
pub(super) fn put_head(
    out: &mut Vec<u8>,
    response: &Response,
    ending: Ending,
    (keep_alive, modern): (bool, bool),
) {
    let status = response.status;
    if status == StatusCode::OK {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    } else {
        let reason = status.canonical_reason().unwrap_or("Unknown");
        put(out, format_args!("HTTP/1.1 {} {reason}\r\n", status.as_u16()));
    }
    for (name, value) in &response.headers {
        // These are the server's own to say.
        let upgrades = status == StatusCode::SWITCHING_PROTOCOLS && *name == CONNECTION;
        if !upgrades && [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, DATE].contains(name) {
            continue;
        }
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if let Some(content_type) = response.content_type {
        out.extend_from_slice(b"content-type: ");
        out.extend_from_slice(content_type.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(response.lines.as_bytes());
    out.extend_from_slice(response.fixed.as_bytes());
    match ending {
        Ending::Length(length) => {
            out.extend_from_slice(b"content-length: ");
            decimal(out, length);
            out.extend_from_slice(b"\r\n");
        }
        Ending::Chunks => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Ending::NoBody | Ending::Close => {}
    }
    if status != StatusCode::SWITCHING_PROTOCOLS {
        match (keep_alive, modern) {
            (false, _) => out.extend_from_slice(b"connection: close\r\n"),
            (true, false) => out.extend_from_slice(b"connection: keep-alive\r\n"),
            (true, true) => {}
        }
    }
    put_date(out);
    out.extend_from_slice(b"\r\n");
}

/// Writes what is in `out` and then `body`, and empties `out`.
///
/// # Errors
/// Where the connection broke.
pub(super) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    out: &mut Vec<u8>,
    body: &[u8],
) -> io::Result<()> {
    if body.len() <= COPIED_BYTES_MAX {
        out.extend_from_slice(body);
        stream.write_all(out).await?;
        out.clear();
        return stream.flush().await;
    }
    let (mut head, mut rest) = (out.as_slice(), body);
    while !head.is_empty() {
        let written = stream.write_vectored(&[IoSlice::new(head), IoSlice::new(rest)]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let of_body = written.saturating_sub(head.len());
        head = head.get(written..).unwrap_or_default();
        rest = rest.get(of_body..).unwrap_or_default();
    }
    out.clear();
    stream.write_all(rest).await?;
    stream.flush().await
}

/// Writes one chunk to the end of `out`; an empty one would end the body, and is left out.
pub(super) fn put_chunk(out: &mut Vec<u8>, chunk: &[u8]) {
    if chunk.is_empty() {
        return;
    }
    put(out, format_args!("{:x}\r\n", chunk.len()));
    out.extend_from_slice(chunk);
    out.extend_from_slice(b"\r\n");
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector does not fail.
    let _written = out.write_fmt(text).is_ok();
}

/// Writes the time (RFC 9110 section 6.6.1), which is put into words once a second.
fn put_date(out: &mut Vec<u8>) {
    thread_local! {
        static LINE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = clock::unix_time().as_secs();
    LINE.with_borrow_mut(|(second, line)| {
        if *second != now || line.is_empty() {
            let time: SystemTime = UNIX_EPOCH + Duration::from_secs(now);
            *second = now;
            *line = format!("date: {}\r\n", httpdate::fmt_http_date(time));
        }
        out.extend_from_slice(line.as_bytes());
    });
}
