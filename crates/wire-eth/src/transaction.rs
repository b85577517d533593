//! The hash of a signed transaction, from its bytes.

use alloy_primitives::{hex, keccak256};

use crate::json::{Cursor, unquote};

/// Deepest nesting read in parameters.
const DEPTH_MAX: usize = 16;

/// First byte of a blob transaction (EIP-4844).
const BLOB_TYPE: u8 = 0x03;

/// The hash under which the transaction in the parameters of `eth_sendRawTransaction` (raw JSON
/// text) is found later. `None` if the first parameter is no hexadecimal byte string.
///
/// A blob transaction travels with its blobs, which are no part of its hash (EIP-4844
/// "Networking", EIP-7594): only its first element counts.
pub fn raw_transaction_hash(params: &str) -> Option<[u8; 32]> {
    let mut cursor = Cursor::new(params.as_bytes(), DEPTH_MAX);
    let mut walk = cursor.enter(b'[').ok()?;
    if !cursor.next_element(&mut walk).ok()? {
        return None;
    }
    let text = unquote(params.get(cursor.value().ok()?)?)?;
    let raw = hex::decode(text.strip_prefix("0x")?).ok().filter(|raw| !raw.is_empty())?;
    if let Some(payload) = blob_payload(&raw) {
        let mut bare = Vec::with_capacity(payload.len() + 1);
        bare.push(BLOB_TYPE);
        bare.extend_from_slice(payload);
        return Some(keccak256(bare).0);
    }
    Some(keccak256(raw).0)
}

/// The transaction inside a blob transaction's network form, which is a list that begins with a
/// list; the bare form begins with the chain id, a number.
fn blob_payload(raw: &[u8]) -> Option<&[u8]> {
    let wrapper = raw.strip_prefix(&[BLOB_TYPE])?;
    let inside = wrapper.get(list_header(wrapper)?.0..)?;
    let (header, length) = list_header(inside)?;
    inside.get(..header.checked_add(length)?)
}

/// Lengths in bytes of an RLP list's header and of its content; `None` if this is no list.
fn list_header(rlp: &[u8]) -> Option<(usize, usize)> {
    match *rlp.first()? {
        short @ 0xc0..=0xf7 => Some((1, usize::from(short - 0xc0))),
        long @ 0xf8.. => {
            let count = usize::from(long - 0xf7);
            let bytes = rlp.get(1..1 + count)?;
            let length = bytes.iter().try_fold(0usize, |sum, byte| {
                sum.checked_mul(256)?.checked_add(usize::from(*byte))
            })?;
            Some((1 + count, length))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(raw: &[u8]) -> Option<[u8; 32]> {
        raw_transaction_hash(&format!(r#"["{}"]"#, hex::encode_prefixed(raw)))
    }

    #[test]
    fn a_known_transaction_has_its_known_hash() {
        // The example transaction of EIP-155; a wrong hash makes "already known" point nowhere.
        let raw = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
        let expected = "33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788";
        assert_eq!(hash(&hex::decode(raw).unwrap()).map(hex::encode), Some(expected.to_owned()));
    }

    #[test]
    fn blobs_are_no_part_of_the_hash() {
        // A blob transaction would be looked up under a hash that no node knows.
        let payload = [0xc3, 0x01, 0x02, 0x03];
        let bare = [&[BLOB_TYPE][..], &payload].concat();
        let wrapped = [&[BLOB_TYPE, 0xc8][..], &payload, &[0xc1, 0x07, 0xc1, 0x08]].concat();
        assert_eq!(hash(&bare), Some(keccak256(&bare).0));
        assert_eq!(hash(&wrapped), hash(&bare));
        let blobs = vec![0u8; 300];
        let content = [&payload[..], &[0xf9, 0x01, 0x2c], &blobs].concat();
        let long = [&[BLOB_TYPE, 0xf9, 0x01, 0x33][..], &content].concat();
        assert_eq!(hash(&long), hash(&bare));
    }

    #[test]
    fn what_is_no_byte_string_has_no_hash() {
        // Parameters come from clients; none may panic the gateway.
        for params in
            ["", "[]", "[1]", r#"["0x"]"#, r#"["0xf"]"#, r#"["zz"]"#, "{}", r#"[["0x00"]]"#]
        {
            assert_eq!(raw_transaction_hash(params), None, "{params}");
        }
        for raw in [&[3u8][..], &[3, 0xff], &[3, 0xc2, 0xff, 0xff], &[3, 0xc1, 0xc9]] {
            assert_eq!(hash(raw), Some(keccak256(raw).0));
        }
    }
}
