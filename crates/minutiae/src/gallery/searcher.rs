//! A thread that searches behind a bounded queue, with helpers while it does: questions are answered one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::{io, thread};

use super::{Candidate, Gallery, Question};

/// Too many questions wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Whoever waits for what a search finds; dropped without a word when it came to nothing.
pub trait Asker: Send {
    /// Whether the answer is still wanted: a search takes long enough to ask before it begins.
    fn is_waiting(&self) -> bool;

    /// Told what was found, from the searching thread.
    fn told(self: Box<Self>, found: Vec<Candidate>);
}

type Waiting = (Arc<Gallery>, Question, Box<dyn Asker>);

/// The thread; it ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Searcher {
    queue: SyncSender<Waiting>,
}

impl Searcher {
    /// Starts the thread, which searches on `threads` at once; so many questions may wait.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(threads: usize, places: usize) -> io::Result<Self> {
        let (queue, questions) = sync_channel::<Waiting>(places.max(1));
        thread::Builder::new().name("finger-search".into()).spawn(move || {
            for (gallery, question, asker) in questions {
                if !asker.is_waiting() {
                    continue;
                }
                let found = catch_unwind(AssertUnwindSafe(|| gallery.search(&question, threads)));
                if let Ok(found) = found {
                    asker.told(found);
                }
            }
        })?;
        Ok(Self { queue })
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Full`].
    pub fn ask(
        &self,
        gallery: Arc<Gallery>,
        question: Question,
        asker: impl Asker + 'static,
    ) -> Result<(), Full> {
        self.queue.try_send((gallery, question, Box::new(asker))).map_err(|_| Full)
    }
}
