//! Just enough HTTP/1.1 over blocking sockets for tests: one message at a time, kept-alive.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The most that a message's body may hold, in bytes.
const BODY_BYTES_MAX: usize = 256 << 20;
/// The longest head line, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// A request or a response, whole.
#[derive(Clone, Debug)]
pub struct Message {
    /// The first line, such as `POST / HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub start: String,
    /// The headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, unchunked.
    pub body: Vec<u8>,
}

impl Message {
    /// The value of a header, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The status of a response; 0 where the first line has none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }

    /// The path and query of a request.
    #[must_use]
    pub fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or("/")
    }

    /// The body as text, with marks where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "head ends early"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| bad("head is not UTF-8"))
}

/// Reads one message; `None` where the peer closed before its first byte.
///
/// # Errors
/// Where the peer breaks off, takes longer than the socket's time-out, or does not speak HTTP.
pub fn read_message(reader: &mut impl BufRead) -> io::Result<Option<Message>> {
    let Some(start) = read_line(reader)? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or_else(|| bad("head ends early"))?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad("header without a colon"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut message = Message { start, headers, body: Vec::new() };
    message.body = read_body(reader, &message)?;
    Ok(Some(message))
}

fn read_body(reader: &mut impl BufRead, head: &Message) -> io::Result<Vec<u8>> {
    if head.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        return read_chunks(reader);
    }
    if let Some(length) = head.header("content-length") {
        let length: usize = length.parse().map_err(|_| bad("content-length is not a number"))?;
        if length > BODY_BYTES_MAX {
            return Err(bad("body is too large"));
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        return Ok(body);
    }
    let mut body = Vec::new();
    let is_response = head.start.starts_with("HTTP/");
    if is_response && !matches!(head.status(), 100..=199 | 204 | 304) {
        reader.read_to_end(&mut body)?;
    }
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or_else(|| bad("chunks end early"))?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| bad("chunk size is not hex"))?;
        if size > BODY_BYTES_MAX - body.len() {
            return Err(bad("body is too large"));
        }
        let from = body.len();
        body.resize(from + size, 0);
        reader.read_exact(&mut body[from..])?;
        // Each chunk ends with an empty line, and so does the (trailer-less) end.
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// A kept-alive client connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    /// Connects; every later read or write takes at most `timeout`.
    ///
    /// # Errors
    /// Where the address refuses or does not answer in time.
    pub fn open(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_string() })
    }

    /// Sends a request and reads its response.
    ///
    /// # Errors
    /// Where no whole response comes; the connection is of no further use then.
    pub fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Message> {
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut bytes = bytes.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes)?;
        read_message(&mut self.stream)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"))
    }

    /// POSTs a JSON body to `target`.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub fn post_json(&mut self, target: &str, body: &[u8]) -> io::Result<Message> {
        self.exchange("POST", target, &[("content-type", "application/json")], body)
    }
}

/// GETs a path on a connection of its own.
///
/// # Errors
/// As [`Connection::exchange`], and where the address refuses.
pub fn get(address: SocketAddr, target: &str, timeout: Duration) -> io::Result<Message> {
    Connection::open(address, timeout)?.exchange("GET", target, &[("connection", "close")], b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &str) -> io::Result<Option<Message>> {
        read_message(&mut BufReader::new(bytes.as_bytes()))
    }

    #[test]
    fn a_body_cut_short_must_be_an_error_and_not_an_answer() {
        assert!(read("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").is_err());
    }

    #[test]
    fn chunked_bodies_are_joined() {
        let text =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let message = read(text).expect("valid").expect("there");
        assert_eq!((message.status(), message.text().as_str()), (200, "abcde"));
    }

    #[test]
    fn a_closed_connection_is_no_message() {
        assert!(read("").expect("no error").is_none());
    }
}
