//! Tests of heads and bodies, as bytes.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::chunks::{Chunks, Next};
use super::*;
use crate::task::block_on;

const LIMIT: usize = 1_000;

fn request(fields: &str) -> Result<Option<RequestHead>, HeadFault> {
    read_request(format!("POST /a?b HTTP/1.1\r\n{fields}\r\n").as_bytes(), LIMIT)
}

fn response(fields: &str) -> Result<Option<ResponseHead>, String> {
    read_response(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes())
}

#[test]
fn a_head_that_can_be_read_in_two_ways_smuggles_a_request_past_one_of_two_readers() {
    for fields in [
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: 1\r\nContent-Length: 1\r\n",
        "content-length: 1, 1\r\n",
        "content-length: +1\r\n",
        "content-length: -1\r\n",
        "content-length: 0x1\r\n",
        "content-length: \r\n",
        "content-length: 1 1\r\n",
        "content-length: 99999999999999999999\r\n",
        "content-length: 1\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 1\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: \x0bchunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        // Lines that end with a line feed alone, a carriage return alone, or go on in the next line.
        "content-length: 1\nx: y\r\n",
        "x: y\n\r\n",
        "x: y\rcontent-length: 1\r\n",
        "x: y\r\n content-length: 1\r\n",
        "x: y\r\n\tcontent-length: 1\r\n",
        // Names that some programs trim.
        "content-length : 1\r\n",
        " content-length: 1\r\n",
        "content\x00-length: 1\r\n",
        "x: \x00\r\n",
        ": 1\r\n",
    ] {
        assert!(matches!(request(fields), Err(HeadFault::Invalid(_))), "{fields:?}");
        assert!(response(fields).is_err(), "{fields:?}");
    }
    for hosts in ["host: a\r\nhost: b\r\n", "host: a\r\nHost: a\r\n"] {
        assert!(request(hosts).is_err(), "{hosts:?}");
    }
    for text in [
        "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST  / HTTP/1.1\r\n\r\n",
        "POST /\u{e9} HTTP/1.1\r\n\r\n",
        "POST a b HTTP/1.1\r\n\r\n",
        "{}\r\n\r\n",
    ] {
        assert!(
            matches!(read_request(text.as_bytes(), LIMIT), Err(HeadFault::Invalid(_))),
            "{text:?}"
        );
    }
    assert!(read_response(b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
}

#[test]
fn a_misread_head_loses_a_call_or_a_connection() {
    let head = request("Content-Length: 7\r\n").expect("valid").expect("whole");
    assert_eq!((head.target.as_str(), head.framing), ("/a?b", Framing::Length(7)));
    assert!(head.keep_alive && head.modern && !head.waits_for_leave);
    let head = request("connection: foo, Close\r\nexpect: 100-Continue\r\n");
    let head = head.expect("valid").expect("whole");
    assert!(!head.keep_alive && head.waits_for_leave && head.framing == Framing::Length(0));
    for (text, keep_alive) in [
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", true),
        ("GET http://a.example/ HTTP/1.1\r\n\r\n", true),
    ] {
        let head = read_request(text.as_bytes(), LIMIT).expect("valid").expect("whole");
        assert_eq!((head.target.as_str(), head.keep_alive), ("/", keep_alive), "{text:?}");
    }
    let framing = |text: &str| read_response(text.as_bytes()).expect("valid").map(|it| it.framing);
    assert_eq!(framing("HTTP/1.1 200 OK\r\n\r\n"), Some(Framing::UntilClose));
    assert_eq!(framing("HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\n"), Some(Framing::Length(0)));
    assert_eq!(framing("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"), None);
    assert_eq!(field(b"HTTP/1.1 200 OK\r\nRetry-After:  3 \r\n\r\n", "retry-after"), Some("3"));
}

#[test]
fn a_wrong_length_breaks_every_message_behind_it() {
    for number in [0, 7, 10, 99, 100, 12_345, u64::MAX] {
        let mut out = Vec::new();
        decimal(&mut out, number);
        assert_eq!(out, number.to_string().into_bytes());
    }
    let head = response("a: b\r\nretry-after: 3\r\n").expect("valid").expect("whole");
    assert!(head.names.may_hold("retry-after") && !head.names.may_hold("seawall-timeout-ms"));
}

#[test]
fn a_head_without_end_must_not_fill_the_memory() {
    let long = format!("POST / HTTP/1.1\r\nx: {}", "x".repeat(LIMIT));
    assert_eq!(read_request(long.as_bytes(), LIMIT), Err(HeadFault::TooLarge));
    let whole = format!("{long}\r\n\r\n");
    assert_eq!(read_request(whole.as_bytes(), LIMIT), Err(HeadFault::TooLarge));
    let many = "x: y\r\n".repeat(101);
    let text = format!("POST / HTTP/1.1\r\n{many}\r\n");
    assert_eq!(read_request(text.as_bytes(), 1 << 20), Err(HeadFault::TooLarge));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(1 << 20));
    assert!(read_response(long.as_bytes()).is_err());
}

/// Reads a chunked body that comes in pieces of `piece` bytes.
fn unchunk(text: &[u8], piece: usize) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let (mut chunks, mut body, mut at, mut there) = (Chunks::Size, Vec::new(), 0, 0);
    loop {
        match chunks.next(&text[at..there])? {
            Next::Data(count) => {
                body.extend_from_slice(&text[at..at + count]);
                at += count;
            }
            Next::Skip(count) => at += count,
            Next::More if there == text.len() => return Ok(None),
            Next::More => there = (there + piece).min(text.len()),
            Next::End => return Ok(Some((body, at))),
        }
    }
}

#[test]
fn a_chunk_of_doubtful_size_smuggles_what_follows_it() {
    let end = |body: &str, size: usize| Ok(Some((body.as_bytes().to_vec(), size)));
    for piece in [1, 2, 3, 100] {
        let check = |text: &str, expect: Result<Option<(Vec<u8>, usize)>, ()>| {
            assert_eq!(unchunk(text.as_bytes(), piece).map_err(drop), expect, "{text:?}");
        };
        check("3\r\nabc\r\n0\r\n\r\nrest", end("abc", 13));
        check("A;a=b\r\n0123456789\r\n00\r\nx: y\r\n\r\n", end("0123456789", 31));
        check("3\r\nabc\r\n", Ok(None));
        for wrong in [
            "\r\nabc",
            "x\r\nabc",
            "+3\r\nabc",
            "0x3\r\nabc",
            "3 \r\nabc",
            " 3\r\nabc",
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3;\r\rx\r\nabc\r\n0\r\n\r\n",
            "1000000000000000\r\n",
            "3\r\nabc\r\n0\r\nx: y\n\r\n",
        ] {
            check(wrong, Err(()));
        }
        check(&"1".repeat(300), Err(()));
        check(&format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(300)), Err(()));
        check(&format!("0\r\n{}\r\n", "x: y\r\n".repeat(2_000)), Err(()));
    }
}

/// What a reader makes of bytes that come in pieces, and what it leaves behind.
fn read(framing: Framing, text: &[u8], piece: usize, limit: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    block_on(async {
        let (mut near, mut far) = tokio::io::duplex(piece);
        let writing = async move {
            // The reader may leave before the end.
            let _read = far.write_all(text).await.is_ok();
        };
        let reading = async move {
            let mut inbox = Inbox::default();
            let reader = BodyReader::new(framing, limit).ok()?;
            let body = reader.whole(&mut inbox, &mut near).await.ok()?;
            let mut rest = inbox.bytes().to_vec();
            near.read_to_end(&mut rest).await.ok()?;
            Some((body, rest))
        };
        tokio::join!(writing, reading).1
    })
}

proptest! {
    #[test]
    fn no_bytes_may_break_the_readers(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..20) {
        let _head = read_request(&bytes, LIMIT);
        let _head = read_response(&bytes);
        let _body = unchunk(&bytes, piece);
    }

    #[test]
    fn a_head_in_pieces_must_read_as_the_same_head_whole(
        names in prop::collection::vec("[a-z]{1,9}", 0..6),
        values in prop::collection::vec("[ -~]{0,12}", 6),
        length in 0_u64..1_000,
        rest in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let fields: String = names.iter().zip(&values).map(|(n, v)| format!("x-{n}: {v}\r\n")).collect();
        let text = format!("POST /x HTTP/1.1\r\n{fields}content-length: {length}\r\n\r\n");
        let bytes = [text.as_bytes(), &rest].concat();
        for cut in 0..text.len() {
            prop_assert_eq!(read_request(&bytes[..cut], LIMIT), Ok(None), "cut at {}", cut);
        }
        let head = read_request(&bytes, LIMIT).expect("valid").expect("whole");
        prop_assert_eq!((head.size, head.framing), (text.len(), Framing::Length(length)));
    }

    #[test]
    fn a_body_must_end_where_it_ends_however_it_comes(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..6),
        rest in prop::collection::vec(any::<u8>(), 0..20),
        piece in 1_usize..40,
    ) {
        let body = parts.concat();
        let mut chunked = Vec::new();
        for part in &parts {
            chunked.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            chunked.extend_from_slice(part);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let expected = Some((body.clone(), rest.clone()));
        let text = [chunked.as_slice(), &rest].concat();
        prop_assert_eq!(&read(Framing::Chunked(Chunks::Size), &text, piece, body.len()), &expected);
        prop_assert_eq!(read(Framing::Chunked(Chunks::Size), &chunked[..chunked.len() - 1], piece, 300), None);
        let text = [body.as_slice(), &rest].concat();
        let framing = Framing::Length(body.len() as u64);
        prop_assert_eq!(&read(framing, &text, piece, body.len()), &expected);
        let all = read(Framing::UntilClose, &text, piece, text.len());
        prop_assert_eq!(all, Some((text, Vec::new())));
        if !body.is_empty() {
            for framing in [framing, Framing::UntilClose] {
                prop_assert_eq!(read(framing, &body, piece, body.len() - 1), None);
            }
            prop_assert_eq!(read(framing, &body[..body.len() - 1], piece, body.len()), None);
        }
    }
}
