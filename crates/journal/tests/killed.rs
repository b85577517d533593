//! The journal in real files, in a process that is killed under load while the power goes.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use journal::{Appended, Batch, Epoch, Journal as _, Mark, Recovery, Settings, verify};
use machine::Prng;
use testkit::power::Power;

/// Where the process that is killed has its journal.
const FOLDER: &str = "SEAWALL_KILLED_JOURNAL";

/// The test that is that process.
const PROGRAM: &str = "the_process_that_is_killed";

/// Lives in the gate, each of which ends by a kill; there are more until one of them has lost something by it.
const LIVES: u64 = 10;

/// Most of them.
const LIVES_MAX: u64 = 100;

/// Records of a life after which it ends by itself, so that nothing is left running.
const RECORDS_MAX: u64 = 200_000;

const EPOCH: Epoch = Epoch::new(1);

#[test]
fn what_a_killed_process_had_acknowledged_outlives_the_power() {
    // What a venue told a trader before the power went is what the trader has traded on since.
    let own = tempfile::tempdir().expect("a folder");
    let folder = own.path().join("journal");
    let power = Power::over(&folder);
    let mut prng = Prng::new(1);
    let mut lost_sectors = 0;
    for life in 0..LIVES_MAX {
        if life >= LIVES && lost_sectors > 0 {
            break;
        }
        let told = live(&folder, &power, prng.below(40), prng.below(1_000_000));
        let kind = prng.below(4);
        let survives = || kind == 3 || (kind > 0 && prng.below(2) == 0);
        lost_sectors += power.cut(survives).expect("the disk is well");
        let verified = verify(&folder).unwrap_or_else(|fault| panic!("life {life}: {fault}"));
        let last = verified.last.sequence.get();
        assert!(last >= told, "life {life}: {told} was acknowledged, and {last} is left");
    }
    assert!(lost_sectors > 0, "no kill came while something was not synced");
}

/// Runs the process until it has acknowledged so many times and some turns more, and says what its last word was.
fn live(folder: &Path, power: &Power, acknowledgements: u64, turns: u64) -> u64 {
    let program = env::current_exe().expect("the system must tell a process its own path");
    let mut command = Command::new(program);
    command.args(["--exact", PROGRAM, "--nocapture"]).env(FOLDER, folder).stdout(Stdio::piped());
    power.watch(&mut command);
    let mut child = command.spawn().expect("it starts");
    let said = BufReader::new(child.stdout.take().expect("it is piped"));
    let (mut seen, mut last, mut killed) = (0, 0, false);
    // What it said before it was killed counts, too.
    for line in said.lines() {
        let line = line.expect("text");
        if let Some(number) = line.strip_prefix("durable ") {
            last = number.parse().expect("a number");
            seen += 1;
        }
        if seen > acknowledgements && !killed {
            // Else the kill would always come when it has just synced.
            (0..turns).for_each(|_| std::hint::spin_loop());
            child.kill().expect("it runs");
            killed = true;
        }
    }
    child.wait().expect("it ended");
    assert!(killed, "it ended before it was killed");
    last
}

/// Not a test by itself: checks what is there and appends until it is killed, and says what is durable.
#[test]
fn the_process_that_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mut recovery = Recovery::open(Path::new(&folder), Mark::GENESIS).expect("it is good");
    let mut expected = 1;
    while let Some(record) = recovery.read().expect("it is good") {
        assert_eq!(record.mark.sequence.get(), expected);
        assert_eq!(record.payload, payload(expected));
        expected += 1;
    }
    let told = Box::new(|appended| {
        let Appended::Durable(mark) = appended else { panic!("{appended:?}") };
        let line = format!("durable {}\n", mark.sequence);
        std::io::stdout().write_all(line.as_bytes()).expect("somebody listens");
    });
    let settings = Settings { segment_bytes: Settings::SEGMENT_BYTES_MIN, ..Settings::USUAL };
    let (mut journal, _) = recovery.start(settings, EPOCH, told).expect("it starts");
    let (mut batch, mut prng) = (Batch::new(), Prng::new(expected));
    for _ in 0..RECORDS_MAX {
        let next = journal.head().sequence.next();
        batch.clear();
        for number in next.get()..=next.get() + prng.below(40) {
            batch.push(1, &payload(number)).expect("small");
        }
        journal.submit(EPOCH, next, &batch).expect("it runs");
    }
}

fn payload(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(12)
}
