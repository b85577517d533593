//! The engine as everybody else sees it.

use std::future::Future;
use std::hash::RandomState;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use journal::{Disk, FolderDisk, SnapshotStore};
use runtime::clock;
use venue_views::Desk;

use super::claim::Claim;
use super::doing::Doing;
use super::figures::{Counts, EngineFigures, EngineState};
use super::intake::Intake;
use super::mailbox::Mailbox;
use super::publish::{Publisher, Subscription};
use super::recover::{Recovered, StartError, Started, recover};
use super::sequencer::{Parts, Sequencer};
use super::settings::EngineSettings;
use super::snapshots::Snapshots;
use super::thread::{Loop, unix_now};
use super::ticket::Ticket;
use super::work::{Outcome, Work};

/// The engine. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    mailbox: Arc<Mailbox>,
    desk: Arc<RwLock<Desk>>,
    publisher: Publisher,
    counts: Arc<Counts>,
    keys: RandomState,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Comes back to what is durable in a folder, which is made where it is not there, and goes on.
    ///
    /// # Errors
    /// Where something is wrong with what is there, or another process has it: nothing was changed.
    pub fn start(
        folder: &Path,
        settings: &EngineSettings,
        intake: Box<dyn Intake>,
    ) -> Result<(Self, Started), StartError> {
        let disk = FolderDisk::new(folder).map_err(StartError::Folder)?;
        Self::start_on(Arc::new(disk), settings, intake)
    }

    /// The same on any disk.
    ///
    /// # Errors
    /// The same.
    pub fn start_on(
        disk: Arc<dyn Disk>,
        settings: &EngineSettings,
        intake: Box<dyn Intake>,
    ) -> Result<(Self, Started), StartError> {
        Self::start_doing(disk, settings, intake, Desk::take)
    }

    /// The same, with another way of doing entries.
    pub(super) fn start_doing(
        disk: Arc<dyn Disk>,
        settings: &EngineSettings,
        intake: Box<dyn Intake>,
        doing: Doing,
    ) -> Result<(Self, Started), StartError> {
        let from = clock::now();
        let Recovered { desk, recovery, mut started } = recover(&disk, settings.pass_over, doing)?;
        let mailbox = Arc::new(Mailbox::new(intake));
        let epoch = recovery.recovered().epoch.next();
        let told = Arc::clone(&mailbox);
        let told = Box::new(move |appended| told.told(appended));
        let (journal, recovered) = recovery.start(settings.journal, epoch, told)?;
        let counts = Arc::new(Counts::default());
        let taken_at = desk.entries().saturating_sub(started.replayed);
        let mut snapshots = Snapshots::new(
            SnapshotStore::on(disk),
            journal.remover(),
            Arc::clone(&counts),
            (taken_at, settings.snapshot_every),
        );
        if started.left_undone.is_some() {
            // From a snapshot that has it behind it nobody has to leave it undone again.
            snapshots.ask();
        }
        let desk = Arc::new(RwLock::new(desk));
        let publisher = Publisher::new();
        let parts = Parts {
            journal: Box::new(journal),
            epoch,
            desk: Arc::clone(&desk),
            publisher: publisher.clone(),
            counts: Arc::clone(&counts),
            applied: recovered.last,
            doing,
        };
        let running = Loop {
            sequencer: Sequencer::new(parts, settings),
            mailbox: Arc::clone(&mailbox),
            desk: Arc::clone(&desk),
            snapshots,
            counts: Arc::clone(&counts),
        };
        let thread = std::thread::Builder::new().name("venue-engine".to_owned());
        let thread = thread.spawn(move || running.run()).map_err(StartError::Thread)?;
        let thread = Mutex::new(Some(thread));
        started.took = clock::now().since(from);
        let keys = RandomState::new();
        let shared = Arc::new(Shared { mailbox, desk, publisher, counts, keys, thread });
        Ok((Self { shared }, started))
    }

    /// Hands work in, at once; the future says what became of it. Work of no account goes before all other. Who drops
    /// the future is not told; the work is done all the same.
    pub fn submit(&self, work: Work) -> impl Future<Output = Outcome> + Send + use<> {
        let now = unix_now();
        let own = work.account.is_none();
        let shared = &*self.shared;
        let claim = if own {
            Claim::default()
        } else {
            self.read(|desk| Claim::of(desk, &work, &shared.keys))
        };
        let (ticket, answered) = Ticket::new(work, now);
        let ticket = ticket.with_claim(claim);
        if own {
            shared.mailbox.offer_own(ticket);
        } else {
            shared.counts.shed(shared.mailbox.offer(ticket, now));
        }
        // Whoever held the ticket is gone: it may have been handed to the journal before.
        async move { answered.await.unwrap_or(Outcome::Unknown) }
    }

    /// Looks at what is durable. Work waits as long as that takes: copy what is needed and leave.
    pub fn read<R>(&self, look: impl FnOnce(&Desk) -> R) -> R {
        look(&self.shared.desk.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Listens to what changes from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.shared.publisher.subscribe()
    }

    /// Counts since the start.
    #[must_use]
    pub fn figures(&self) -> EngineFigures {
        self.shared.counts.figures()
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> EngineState {
        self.shared.mailbox.open().state.clone()
    }

    /// Whether an entry was left half done, so that nothing of the desk is to be told any more.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.shared.counts.broken.load(Ordering::Acquire)
    }

    /// How much work waits.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.mailbox.open().intake.len()
    }

    /// Takes no more work of accounts, and goes on with everything else, or takes it again. Nothing where it has
    /// stopped.
    pub fn drain(&self, drain: bool) {
        self.shared.mailbox.drain(drain);
    }

    /// Takes no more work, ends what it has taken, saves a snapshot, and waits until all is written.
    pub fn stop(&self) {
        self.shared.mailbox.stop();
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the engine's thread ended in a panic");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Nobody is left who could ask for anything. The thread ends by itself; nobody waits for it.
        self.mailbox.stop();
    }
}
