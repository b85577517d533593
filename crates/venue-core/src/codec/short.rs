//! The commands that nearly all are. Their bytes are put together in an array and appended at once: the general way
//! looks at the vector's room for each field, which is most of what writing a command costs.

use machine::Variant;

use crate::command::{Command, Lifetime, PlaceOrder};
use crate::id::{AccountId, OrderId};

/// Bytes of an order with a limit that does not expire and waits for nothing.
const PLACE: usize = 38;
/// Bytes of a cancel.
const CANCEL: usize = 13;

/// Appends a command that is short; whether it was one.
pub(super) fn encode(command: &Command, bytes: &mut Vec<u8>) -> bool {
    if let Command::Place(order) = command
        && let Some(short) = place(command.variant(), order)
    {
        bytes.extend_from_slice(&short);
        return true;
    }
    if let Command::Cancel { account, order } = command
        && let Some(short) = cancel(command.variant(), *account, *order)
    {
        bytes.extend_from_slice(&short);
        return true;
    }
    false
}

fn place(variant: u8, order: &PlaceOrder) -> Option<[u8; PLACE]> {
    let limit = order.limit?;
    if order.trigger.is_some() || matches!(order.lifetime, Lifetime::GoodTill(_)) {
        return None;
    }
    let mut bytes = [0; PLACE];
    let room = &mut bytes[..];
    let room = put(room, [variant])?;
    let room = put(room, order.account.number().to_le_bytes())?;
    let room = put(room, order.market.number().to_le_bytes())?;
    let room = put(room, [order.side.variant(), order.position.variant(), u8::from(true)])?;
    let room = put(room, limit.number().to_le_bytes())?;
    let room = put(room, order.lots.number().to_le_bytes())?;
    let reduce_only = u8::from(order.reduce_only);
    let no_trigger = u8::from(false);
    let room = put(room, [order.lifetime.variant(), reduce_only])?;
    let room = put(room, [order.self_trade.variant(), no_trigger])?;
    put(room, order.tag.to_le_bytes())?.is_empty().then_some(bytes)
}

fn cancel(variant: u8, account: AccountId, order: OrderId) -> Option<[u8; CANCEL]> {
    let mut bytes = [0; CANCEL];
    let room = put(&mut bytes[..], [variant])?;
    let room = put(room, account.number().to_le_bytes())?;
    put(room, order.number().to_le_bytes())?.is_empty().then_some(bytes)
}

/// Writes a field; the room behind it.
fn put<const N: usize>(room: &mut [u8], field: [u8; N]) -> Option<&mut [u8]> {
    let (head, rest) = room.split_first_chunk_mut()?;
    *head = field;
    Some(rest)
}

#[cfg(test)]
mod tests {
    use machine::Codec as _;

    use super::*;
    use crate::id::MarketId;
    use crate::value::{Lots, Side, Ticks};

    #[test]
    fn a_short_command_has_the_bytes_of_the_general_way() {
        // A journal would otherwise be another one, or the short way never be taken.
        let account = AccountId::new(0x0102_0304);
        let mut order = PlaceOrder::limit(
            account,
            MarketId::new(0x0506),
            Side::Sell,
            Ticks::new(-7),
            Lots::new(8),
        );
        order.tag = u64::MAX - 1;
        for lifetime in [Lifetime::GoodTillCancelled, Lifetime::PostOnly] {
            order.lifetime = lifetime;
            let cancel = Command::Cancel { account, order: OrderId::new(0x1122_3344_5566) };
            for command in [Command::Place(order), cancel] {
                let (mut short, mut general) = (Vec::new(), Vec::new());
                assert!(encode(&command, &mut short));
                command.encode(&mut general);
                assert_eq!(short, general);
            }
        }
        order.limit = None;
        assert!(!encode(&Command::Place(order), &mut Vec::new()));
    }
}
