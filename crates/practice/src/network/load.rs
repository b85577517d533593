//! How much load a node stands: requests are worked off one after another, and too many kill it.

use units::{Span, Timestamp};

use super::Network;

/// What comes of a request at a node that stands only so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is answered after this wait.
    After(Span),
    /// The node has more than it can hold and dies of it.
    Felled,
}

impl Network {
    /// A request comes to a node at `now`: when it is its turn.
    pub(crate) fn take_turn(&mut self, now: Timestamp, node: usize) -> Turn {
        let Some(node) = self.nodes.get_mut(node) else { return Turn::After(Span::ZERO) };
        let Some(capacity) = node.faults.capacity else { return Turn::After(Span::ZERO) };
        let done = node.free_at.max(now).after(capacity.each);
        let wait = done.since(now);
        if wait > capacity.backlog_max {
            return Turn::Felled;
        }
        node.free_at = done;
        Turn::After(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Capacity;
    use crate::network::NetworkOptions;

    #[test]
    fn a_node_under_more_load_than_it_stands_gets_slow_and_then_dies() {
        let start = Timestamp::from_nanos(1);
        let mut network = Network::new(NetworkOptions {
            chain_id: 1,
            block_time: Span::from_secs(2),
            seed: 1,
            client_versions: vec!["Geth/v1.16.4".to_owned()],
            unix_seconds: 1_800_000_000,
            start,
            marks: None,
        });
        assert_eq!(network.take_turn(start, 0), Turn::After(Span::ZERO));
        let capacity = Capacity { each: Span::from_millis(10), backlog_max: Span::from_millis(30) };
        network.change(start, 0, |faults| faults.capacity = Some(capacity));
        for millis in [10, 20, 30] {
            assert_eq!(network.take_turn(start, 0), Turn::After(Span::from_millis(millis)));
        }
        assert_eq!(network.take_turn(start, 0), Turn::Felled);
        // Left alone for a while it has caught up.
        let later = start.after(Span::from_millis(100));
        assert_eq!(network.take_turn(later, 0), Turn::After(Span::from_millis(10)));
    }
}
