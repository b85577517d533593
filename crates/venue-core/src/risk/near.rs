//! The triggers of a source, in blocks of which each knows its highest.

use super::columns::at;

/// Triggers of a block: few enough to look at all of them when one is crossed, enough for the blocks to be few.
const BLOCK: usize = 32;

/// Blocks that are kept before those are looked through for triggers that no longer count.
const BLOCKS_MIN: usize = 4;

/// A price below which a subject has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    /// The price.
    pub(super) price: i64,
    /// Who.
    pub(super) subject: u32,
    /// The subject's stamp when it was set; it counts as long as the subject still has that stamp.
    pub(super) stamp: u32,
}

/// Some triggers.
#[derive(Clone, Debug)]
struct Block {
    /// At least as high as each of them.
    top: i64,
    /// Them.
    triggers: Vec<Trigger>,
}

impl Block {
    /// Takes out the triggers above a price.
    fn cross(&mut self, price: i64, crossed: &mut Vec<Trigger>) {
        crossed.extend(self.triggers.iter().copied().filter(|trigger| trigger.price > price));
        self.triggers.retain(|trigger| trigger.price <= price);
        self.top = self.triggers.iter().map(|trigger| trigger.price).max().unwrap_or(i64::MIN);
    }
}

/// All triggers of a source. Those that no longer count stay until they are crossed or swept out.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// At least as high as each block's top.
    peak: i64,
    /// The last is being filled.
    blocks: Vec<Block>,
    /// At how many blocks those that no longer count are swept out.
    sweep_at: usize,
}

impl Near {
    pub(super) const fn new() -> Self {
        Self { peak: i64::MIN, blocks: Vec::new(), sweep_at: BLOCKS_MIN }
    }

    /// Adds a trigger.
    pub(super) fn add(&mut self, trigger: Trigger) {
        self.peak = self.peak.max(trigger.price);
        if let Some(block) = self.blocks.last_mut().filter(|block| block.triggers.len() < BLOCK) {
            block.top = block.top.max(trigger.price);
            block.triggers.push(trigger);
            return;
        }
        let mut triggers = Vec::with_capacity(BLOCK);
        triggers.push(trigger);
        self.blocks.push(Block { top: trigger.price, triggers });
    }

    /// Takes out the triggers above a price.
    pub(super) fn cross(&mut self, price: i64, crossed: &mut Vec<Trigger>) {
        if price >= self.peak {
            return;
        }
        self.peak = i64::MIN;
        for block in &mut self.blocks {
            if price < block.top {
                block.cross(price, crossed);
            }
            self.peak = self.peak.max(block.top);
        }
    }

    /// Drops those that no longer count, where they may have become many.
    pub(super) fn tidy(&mut self, stamps: &[u32]) {
        if self.blocks.len() < self.sweep_at {
            return;
        }
        let mut old = core::mem::take(&mut self.blocks);
        self.peak = i64::MIN;
        let counts = |trigger: &Trigger| stamps.get(at(trigger.subject)) == Some(&trigger.stamp);
        for trigger in old.drain(..).flat_map(|block| block.triggers).filter(counts) {
            self.add(trigger);
        }
        self.sweep_at = self.blocks.len().saturating_mul(2).max(BLOCKS_MIN);
    }

    /// How many there are, those that no longer count included.
    pub(super) fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.triggers.len()).sum()
    }

    /// Bytes that they take up.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.len().saturating_mul(BLOCK).saturating_mul(size_of::<Trigger>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trigger_above_a_price_is_crossed_once() {
        // One that is missed is a liquidation that comes too late; one that stays is looked at for ever.
        let mut near = Near::new();
        let price = |subject: u32| i64::from(subject * 37 % 1_000);
        for subject in 0..1_000 {
            near.add(Trigger { price: price(subject), subject, stamp: 1 });
        }
        let mut seen = Vec::new();
        for at in [999, 900, 901, 500, 0] {
            let mut crossed = Vec::new();
            near.cross(at, &mut crossed);
            assert!(crossed.iter().all(|trigger| trigger.price > at), "{at}");
            seen.extend(crossed.iter().map(|trigger| trigger.subject));
            let due = (0..1_000).filter(|subject| price(*subject) > at);
            assert!(due.into_iter().all(|subject| seen.contains(&subject)), "{at}");
        }
        assert_eq!(seen.len(), 999);
    }

    #[test]
    fn triggers_that_no_longer_count_are_swept_out() {
        // Each touch of an account leaves its old triggers behind: they must not pile up.
        let mut near = Near::new();
        for stamp in 1..10_000 {
            near.add(Trigger { price: 5, subject: 0, stamp });
            near.tidy(&[stamp]);
        }
        assert!(near.len() <= 2 * BLOCKS_MIN * BLOCK, "{}", near.len());
    }
}
