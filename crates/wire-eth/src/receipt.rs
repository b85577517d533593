//! Which block a receipt or a transaction says it is in.

use crate::block::{hash_of, quantity, read_result};
use crate::json::members;
use crate::pin::BlockRef;

/// The block of a whole answer to `eth_getTransactionReceipt` or `eth_getTransactionBy…`. `None` if
/// the result is null, the transaction waits in the pool, or the answer is none.
pub fn receipt_block(body: &[u8]) -> Option<BlockRef> {
    let [number, hash] = members(read_result(body).ok()?, ["blockNumber", "blockHash"])?;
    Some(BlockRef { number: quantity(number)?, hash: hash_of(hash)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mined_transaction_has_a_block() {
        // A receipt on another branch is recognised by its block's hash.
        let hash = "ab".repeat(32);
        let mined = format!(
            r#"{{"id":1,"result":{{"blockHash":"0x{hash}","blockNumber":"0x10","logs":[{{"blockNumber":"0x1"}}]}}}}"#
        );
        assert_eq!(
            receipt_block(mined.as_bytes()),
            Some(BlockRef { number: 16, hash: [0xab; 32] })
        );
        for none in [
            r#"{"id":1,"result":null}"#,
            r#"{"id":1,"result":{"blockHash":null,"blockNumber":null}}"#,
            r#"{"id":1,"error":{"code":1,"message":""}}"#,
            "",
        ] {
            assert_eq!(receipt_block(none.as_bytes()), None, "{none}");
        }
    }
}
