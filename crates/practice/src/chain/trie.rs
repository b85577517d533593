//! A persistent secure Merkle-Patricia trie: copies share structure, hashes are computed once a node.
//!
//! Every key is a keccak hash, so all keys are 64 nibbles long and no branch holds a value.
//! A snapshot for each block costs only the nodes that the block changed, and so does its root.
//!
//! Source: Ethereum yellow paper, appendix D.

use std::sync::{Arc, OnceLock};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieMask};

/// What a leaf holds: something with an RLP form.
pub(crate) trait TrieValue: Clone {
    /// The bytes that the leaf commits to.
    fn to_rlp(&self) -> Vec<u8>;
}

/// A map from hashed keys to values, with a root hash and proofs. Clones are cheap.
#[derive(Clone, Debug)]
pub(crate) struct Trie<V> {
    root: Option<Arc<Node<V>>>,
}

#[derive(Debug)]
struct Node<V> {
    kind: Kind<V>,
    reference: OnceLock<RlpNode>,
}

#[derive(Debug)]
enum Kind<V> {
    Leaf(Nibbles, V),
    Extension(Nibbles, Arc<Node<V>>),
    Branch(Children<V>),
}

type Children<V> = [Option<Arc<Node<V>>>; 16];

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { root: None }
    }
}

impl<V: TrieValue> Trie<V> {
    /// The value at `key`.
    pub(crate) fn get(&self, key: B256) -> Option<&V> {
        let mut node = self.root.as_deref()?;
        let mut path = Nibbles::unpack(key);
        loop {
            match &node.kind {
                Kind::Leaf(suffix, value) => return (*suffix == path).then_some(value),
                Kind::Extension(prefix, child) => {
                    path = after_prefix(&path, prefix)?;
                    node = child;
                }
                Kind::Branch(children) => {
                    let (nibble, rest) = split_first(&path)?;
                    path = rest;
                    node = children.get(nibble)?.as_deref()?;
                }
            }
        }
    }

    /// Puts `value` at `key`.
    pub(crate) fn insert(&mut self, key: B256, value: V) {
        self.root = Some(insert(self.root.as_ref(), Nibbles::unpack(key), value));
    }

    /// Takes away what is at `key`, if anything.
    pub(crate) fn remove(&mut self, key: B256) {
        if let Some(root) = &self.root {
            self.root = remove(root, Nibbles::unpack(key));
        }
    }

    /// The root hash.
    pub(crate) fn root_hash(&self) -> B256 {
        let Some(root) = &self.root else { return EMPTY_ROOT_HASH };
        root.reference().as_hash().unwrap_or_else(|| keccak256(root.to_rlp()))
    }

    /// The nodes from the root towards `key`, which prove what is there or that nothing is.
    /// Nodes under 32 bytes are part of their parent and not listed by themselves.
    pub(crate) fn prove(&self, key: B256) -> Vec<Bytes> {
        let mut proof = Vec::new();
        let mut path = Nibbles::unpack(key);
        let mut next = self.root.as_deref();
        while let Some(node) = next {
            if proof.is_empty() || node.reference().is_hash() {
                proof.push(node.to_rlp().into());
            }
            next = match &node.kind {
                Kind::Leaf(..) => None,
                Kind::Extension(prefix, child) => after_prefix(&path, prefix).map(|rest| {
                    path = rest;
                    child.as_ref()
                }),
                Kind::Branch(children) => split_first(&path).and_then(|(nibble, rest)| {
                    path = rest;
                    children.get(nibble)?.as_deref()
                }),
            };
        }
        proof
    }
}

impl<V: TrieValue> Node<V> {
    fn new(kind: Kind<V>) -> Arc<Self> {
        Arc::new(Self { kind, reference: OnceLock::new() })
    }

    /// The node as its parent names it: itself where it is under 32 bytes, its hash otherwise.
    fn reference(&self) -> &RlpNode {
        self.reference.get_or_init(|| RlpNode::from_rlp(&self.to_rlp()))
    }

    fn to_rlp(&self) -> Vec<u8> {
        let mut rlp = Vec::new();
        match &self.kind {
            Kind::Leaf(suffix, value) => {
                LeafNodeRef::new(suffix, &value.to_rlp()).rlp(&mut rlp);
            }
            Kind::Extension(prefix, child) => {
                ExtensionNodeRef::new(prefix, child.reference()).rlp(&mut rlp);
            }
            Kind::Branch(children) => {
                let mut mask = TrieMask::default();
                let mut stack = Vec::with_capacity(children.len());
                for (nibble, child) in (0_u8..).zip(children) {
                    if let Some(child) = child {
                        mask.set_bit(nibble);
                        stack.push(child.reference().clone());
                    }
                }
                BranchNodeRef::new(&stack, mask).rlp(&mut rlp);
            }
        }
        rlp
    }
}

fn insert<V: TrieValue>(node: Option<&Arc<Node<V>>>, path: Nibbles, value: V) -> Arc<Node<V>> {
    let Some(node) = node else { return Node::new(Kind::Leaf(path, value)) };
    match &node.kind {
        Kind::Leaf(suffix, _) if *suffix == path => Node::new(Kind::Leaf(path, value)),
        Kind::Leaf(suffix, old) => {
            let common = suffix.common_prefix_length(&path);
            let old_leaf = Node::new(Kind::Leaf(suffix.slice(common + 1..), old.clone()));
            fork(suffix, common, old_leaf, &path, value)
        }
        Kind::Extension(prefix, child) => {
            let common = prefix.common_prefix_length(&path);
            if common == prefix.len() {
                let child = insert(Some(child), path.slice(common..), value);
                return Node::new(Kind::Extension(*prefix, child));
            }
            let below = extend(prefix.slice(common + 1..), Arc::clone(child));
            fork(prefix, common, below, &path, value)
        }
        Kind::Branch(children) => {
            let mut children = children.clone();
            if let Some((nibble, rest)) = split_first(&path)
                && let Some(child) = children.get_mut(nibble)
            {
                *child = Some(insert(child.as_ref(), rest, value));
            }
            Node::new(Kind::Branch(children))
        }
    }
}

/// A branch where `old_path` and `new_path` part after `common` nibbles, below their shared prefix.
fn fork<V: TrieValue>(
    old_path: &Nibbles,
    common: usize,
    old: Arc<Node<V>>,
    new_path: &Nibbles,
    value: V,
) -> Arc<Node<V>> {
    let new = Node::new(Kind::Leaf(new_path.slice(common + 1..), value));
    let mut children = Children::default();
    for (path, child) in [(old_path, old), (new_path, new)] {
        let nibble = path.get(common).map_or(0, usize::from);
        if let Some(place) = children.get_mut(nibble) {
            *place = Some(child);
        }
    }
    extend(new_path.slice(..common), Node::new(Kind::Branch(children)))
}

/// What is left of `node` without `path`; `None` where nothing is left.
fn remove<V: TrieValue>(node: &Arc<Node<V>>, path: Nibbles) -> Option<Arc<Node<V>>> {
    match &node.kind {
        Kind::Leaf(suffix, _) => (*suffix != path).then(|| Arc::clone(node)),
        Kind::Extension(prefix, child) => match after_prefix(&path, prefix) {
            None => Some(Arc::clone(node)),
            Some(rest) => remove(child, rest).map(|child| extend(*prefix, child)),
        },
        Kind::Branch(children) => {
            let (nibble, rest) = split_first(&path)?;
            let Some(Some(child)) = children.get(nibble) else { return Some(Arc::clone(node)) };
            let left = remove(child, rest);
            let mut children = children.clone();
            if let Some(place) = children.get_mut(nibble) {
                *place = left;
            }
            let mut present =
                (0_u8..).zip(&children).filter_map(|(at, child)| Some((at, child.as_ref()?)));
            let first = present.next()?;
            if present.next().is_some() {
                return Some(Node::new(Kind::Branch(children)));
            }
            Some(extend(Nibbles::from_nibbles([first.0]), Arc::clone(first.1)))
        }
    }
}

/// `node` below `prefix`, in the one form the trie allows: an extension never ends in another
/// extension or a leaf.
fn extend<V: TrieValue>(prefix: Nibbles, node: Arc<Node<V>>) -> Arc<Node<V>> {
    if prefix.is_empty() {
        return node;
    }
    Node::new(match &node.kind {
        Kind::Leaf(suffix, value) => Kind::Leaf(prefix.join(suffix), value.clone()),
        Kind::Extension(more, child) => Kind::Extension(prefix.join(more), Arc::clone(child)),
        Kind::Branch(_) => Kind::Extension(prefix, node),
    })
}

fn after_prefix(path: &Nibbles, prefix: &Nibbles) -> Option<Nibbles> {
    path.starts_with(prefix).then(|| path.slice(prefix.len()..))
}

fn split_first(path: &Nibbles) -> Option<(usize, Nibbles)> {
    Some((usize::from(path.first()?), path.slice(1..)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy_primitives::U256;
    use alloy_trie::proof::verify_proof;
    use machine::Prng;

    use super::*;

    fn reference_root(entries: &BTreeMap<B256, U256>) -> B256 {
        alloy_trie::root::storage_root(entries.iter().map(|(key, value)| (*key, *value)))
    }

    #[test]
    fn roots_equal_those_of_a_trie_built_from_scratch() {
        // A wrong root would give blocks that no verifying client accepts.
        let mut prng = Prng::new(1);
        let (mut trie, mut model) = (Trie::<U256>::default(), BTreeMap::new());
        for step in 0..600 {
            let key = keccak256(prng.below(100).to_be_bytes());
            if prng.below(3) == 0 {
                trie.remove(key);
                model.remove(&key);
            } else {
                let value = U256::from(prng.below(1 << (1 + step % 60)) + 1);
                trie.insert(key, value);
                model.insert(key, value);
            }
            assert_eq!(trie.root_hash(), reference_root(&model), "after step {step}");
            assert_eq!(trie.get(key), model.get(&key));
        }
        for key in model.keys() {
            trie.remove(*key);
        }
        assert_eq!(trie.root_hash(), EMPTY_ROOT_HASH);
    }

    #[test]
    fn proofs_hold_for_present_and_absent_keys() {
        // eth_getProof must convince a client that trusts only the state root.
        let mut trie = Trie::<U256>::default();
        for number in 0..150_u64 {
            trie.insert(keccak256(number.to_be_bytes()), U256::from(number + 1));
        }
        for number in 0..200_u64 {
            let key = keccak256(number.to_be_bytes());
            let expected = (number < 150).then(|| alloy_rlp::encode(U256::from(number + 1)));
            let proof = trie.prove(key);
            verify_proof(trie.root_hash(), Nibbles::unpack(key), expected, &proof)
                .expect("proof holds");
        }
    }

    #[test]
    fn an_old_snapshot_keeps_its_root() {
        // Historical reads use the state of their block while newer blocks change it.
        let mut trie = Trie::<U256>::default();
        trie.insert(keccak256([1]), U256::from(1));
        let (old, root) = (trie.clone(), trie.root_hash());
        trie.insert(keccak256([2]), U256::from(2));
        trie.remove(keccak256([1]));
        assert_eq!(old.root_hash(), root);
        assert_eq!(old.get(keccak256([1])), Some(&U256::from(1)));
    }
}
