//! What is pushed out and what stays, and that the two indexes and the queues never disagree.

use machine::Prng;

use super::*;

fn key(name: &str) -> CacheKey<'_> {
    CacheKey::new(7, "m", name)
}

fn entry(name: &str, value: u64, number: u64, value_bytes: usize) -> Entry<u64> {
    Entry {
        key: key(name).to_kept(),
        value,
        number,
        hash: None,
        origin: UpstreamId(0),
        distrusts: 0,
        value_bytes,
    }
}

fn put(store: &mut Store<u64>, name: &str, value: u64, number: u64, bytes: usize) -> Option<u64> {
    store.insert(key(name).fingerprint(), entry(name, value, number, bytes))
}

fn get(store: &mut Store<u64>, name: &str) -> Option<u64> {
    let (entry, uses) = store.find(&key(name))?;
    uses.count();
    Some(entry.value)
}

/// A store for so many entries of [`put_one`].
fn store_of(entries: usize) -> Store<u64> {
    Store::new(entries * (OVERHEAD_BYTES + 100))
}

/// An entry that takes 100 bytes beside the overhead.
fn put_one(store: &mut Store<u64>, name: &str) {
    let bytes = 100 - "m".len() - name.len();
    assert!(put(store, name, 1, 1, bytes).is_some());
}

#[test]
fn one_walk_through_the_whole_chain_does_not_push_out_what_everybody_reads() {
    // An indexer's catching up would make every other client's reads slow.
    let mut store = store_of(100);
    let hot: Vec<String> = (0..50).map(|n| format!("hot-{n}")).collect();
    for name in &hot {
        put_one(&mut store, name);
        (0..2).for_each(|_| assert_eq!(get(&mut store, name), Some(1)));
    }
    for n in 0..10_000 {
        put_one(&mut store, &format!("walk-{n}"));
    }
    let left = hot.iter().filter(|name| store.find(&key(name)).is_some()).count();
    assert_eq!(left, hot.len());
    assert_eq!(store.len(), 100);
}

#[test]
fn what_nobody_reads_any_more_makes_room_for_what_is_read_now() {
    // A cache that clings to last week's contract never helps again.
    let mut store = store_of(100);
    for generation in 0..5 {
        for round in 0..8 {
            for n in 0..80 {
                let name = format!("{generation}-{n}");
                if get(&mut store, &name).is_none() {
                    put_one(&mut store, &name);
                }
                assert!(round < 7 || get(&mut store, &name).is_some(), "{name}");
            }
        }
    }
}

#[test]
fn an_answer_that_would_push_out_a_tenth_of_all_others_is_not_kept() {
    let mut store = store_of(100);
    (0..100).for_each(|n| put_one(&mut store, &n.to_string()));
    assert_eq!(put(&mut store, "large", 1, 1, 10 * (OVERHEAD_BYTES + 100)), None);
    assert_eq!(store.len(), 100);
    // Nothing at all is kept where the cache is switched off.
    assert_eq!(put(&mut Store::new(0), "any", 1, 1, 0), None);
}

#[test]
fn popular_entries_do_not_make_one_insertion_walk_them_all() {
    // Every call of the chain waits while one insertion holds the lock.
    let mut store = store_of(10_000);
    for n in 0..10_000 {
        let name = n.to_string();
        put_one(&mut store, &name);
        (0..5).for_each(|_| assert!(get(&mut store, &name).is_some()));
    }
    assert_eq!(put(&mut store, "new", 1, 1, 96), Some(1));
    let moved = store.main.len();
    assert!(moved <= ROUNDS_MAX as usize, "{moved} entries were moved");
}

#[test]
fn two_keys_of_one_fingerprint_are_never_taken_for_each_other() {
    let mut store = store_of(100);
    let place = key("a").fingerprint();
    store.insert(place, entry("a", 1, 1, 10));
    store.insert(place, entry("b", 2, 1, 10));
    // "b" lies where "a" is looked for.
    assert!(store.find(&key("a")).is_none());
    assert_eq!((store.len(), store.by_number.len()), (1, 1));
}

/// The same by the plainest means: every entry that was put and not dropped, and nothing of queues.
#[derive(Default)]
struct Model(Vec<(String, u64, u64)>);

impl Model {
    fn put(&mut self, name: &str, value: u64, number: u64) {
        self.0.retain(|(known, ..)| known != name);
        self.0.push((name.to_owned(), value, number));
    }

    fn get(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, ..)| known == name).map(|(_, value, _)| *value)
    }
}

/// What must be true of a store at any time.
fn check(store: &Store<u64>, model: &Model) {
    let sum: usize = store.slots.values().map(|slot| slot.entry.bytes()).sum();
    assert_eq!(store.bytes, sum);
    assert!(store.bytes <= store.capacity);
    let small = store.slots.values().filter(|slot| !slot.in_main);
    assert_eq!(store.small_bytes, small.map(|slot| slot.entry.bytes()).sum::<usize>());
    let by_number: BTreeSet<(u64, u64)> =
        store.slots.iter().map(|(at, slot)| (slot.entry.number, *at)).collect();
    assert_eq!(store.by_number, by_number);
    for slot in store.slots.values() {
        let name = &slot.entry.key;
        let (_, value, number) = model
            .0
            .iter()
            .find(|(known, ..)| name.is(&key(known)))
            .expect("nothing is there that was dropped");
        assert_eq!((slot.entry.value, slot.entry.number), (*value, *number));
    }
    for (in_main, queue) in [(false, &store.small), (true, &store.main)] {
        assert!(queue.len() <= 2 * store.len() + STALE_MAX);
        let live: Vec<&Place> = queue
            .iter()
            .filter(|(at, serial)| store.slots.get(at).is_some_and(|s| s.serial == *serial))
            .collect();
        assert!(live.iter().all(|(at, _)| store.slots[at].in_main == in_main));
        assert_eq!(live.len(), store.slots.values().filter(|s| s.in_main == in_main).count());
    }
    assert!(store.ghosts.order.len() <= store.capacity / OVERHEAD_BYTES);
    assert!(store.ghosts.known.len() <= store.ghosts.order.len());
}

#[test]
fn under_any_schedule_only_what_was_put_last_is_there_and_the_bounds_hold() {
    // An entry is served after its block left, or the memory grows without end.
    for seed in 0..12 {
        let mut prng = Prng::new(seed);
        let capacity = 4_000 + prng.index(60_000);
        let (mut store, mut model) = (Store::new(capacity), Model::default());
        let (mut hits, mut evicted) = (0, 0);
        for step in 0..3_000 {
            let name = prng.below(1 + prng.clone().below(400)).to_string();
            match prng.below(100) {
                0 => {
                    let number = prng.below(100);
                    let before = store.len() as u64;
                    let dropped = store.drop_above(number);
                    model.0.retain(|(_, _, kept)| *kept <= number);
                    assert_eq!(store.len() as u64, before - dropped);
                }
                1..=40 => {
                    let (number, bytes) = (prng.below(100), prng.index(2_000));
                    if let Some(out) = put(&mut store, &name, step, number, bytes) {
                        evicted += out;
                        model.put(&name, step, number);
                    }
                }
                _ => {
                    let found = get(&mut store, &name);
                    hits += u64::from(found.is_some());
                    assert!(found.is_none() || found == model.get(&name), "{name}");
                }
            }
            if step % 16 == 0 {
                check(&store, &model);
            }
        }
        check(&store, &model);
        assert!(hits > 50 && evicted > 50, "{hits} hits, {evicted} pushed out");
    }
}
