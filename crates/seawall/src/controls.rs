//! The outside controls: places that have nothing to do with any chain, asked now and then, so that a failure
//! of our own connection can be told from a failure of those that we watch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::client::{CallError, Client, Endpoint};
use runtime::{clock, task};
use status::ControlView;
use units::Span;

/// Time between two looks. With [`PATIENCE`] no answer is older than the 15 s that a verdict may rest on
/// (`research/resilience.md` C3), and nobody is asked more than six times a minute.
const EVERY: Span = Span::from_secs(10);
/// Longest wait for an answer.
const PATIENCE: Span = Span::from_secs(4);
/// Longest answer that is read; what is in it does not matter.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What is known of the controls.
#[derive(Clone, Debug)]
pub(crate) struct Controls(Arc<Mutex<Vec<ControlView>>>);

impl Controls {
    /// Starts to ask the controls, in tasks of the calling runtime; they end with it.
    pub(crate) fn start(controls: &[(String, Endpoint)]) -> Self {
        let view =
            |(name, _): &(String, Endpoint)| ControlView { name: name.clone(), answers: None };
        let known = Self(Arc::new(Mutex::new(controls.iter().map(view).collect())));
        for (index, (_, endpoint)) in controls.iter().enumerate() {
            let (known, endpoint) = (known.clone(), endpoint.clone());
            task::spawn(async move { known.follow(index, endpoint).await });
        }
        known
    }

    /// The controls as they were last found.
    pub(crate) fn views(&self) -> Vec<ControlView> {
        self.lock().clone()
    }

    async fn follow(&self, index: usize, endpoint: Endpoint) {
        let client = Client::new(endpoint, ANSWER_BYTES_MAX);
        loop {
            // Whatever it answers, it has been reached.
            let answers = !matches!(
                client.get("/", PATIENCE).await,
                Err(CallError::Connect(_) | CallError::Broken(_) | CallError::Timeout(_))
            );
            if let Some(control) = self.lock().get_mut(index) {
                control.answers = Some(answers);
            }
            clock::sleep(EVERY).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ControlView>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
