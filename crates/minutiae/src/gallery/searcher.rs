//! A thread that searches behind a bounded queue, with helpers while it does: questions are answered one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::{io, thread};

use super::{Candidate, Gallery, Question};

/// Too many questions wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Told what a search has found; dropped without a word when it came to nothing.
type Answer = Box<dyn FnOnce(Vec<Candidate>) + Send>;

/// The thread; it ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Searcher {
    queue: SyncSender<(Arc<Gallery>, Question, Answer)>,
}

impl Searcher {
    /// Starts the thread, which searches on `threads` at once; so many questions may wait.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(threads: usize, places: usize) -> io::Result<Self> {
        let (queue, questions) = sync_channel::<(Arc<Gallery>, Question, Answer)>(places.max(1));
        thread::Builder::new().name("finger-search".into()).spawn(move || {
            for (gallery, question, answer) in questions {
                let found = catch_unwind(AssertUnwindSafe(|| gallery.search(&question, threads)));
                if let Ok(found) = found {
                    answer(found);
                }
            }
        })?;
        Ok(Self { queue })
    }

    /// Asks; `answer` is called from the searching thread.
    ///
    /// # Errors
    /// [`Full`].
    pub fn ask(
        &self,
        gallery: Arc<Gallery>,
        question: Question,
        answer: impl FnOnce(Vec<Candidate>) + Send + 'static,
    ) -> Result<(), Full> {
        self.queue.try_send((gallery, question, Box::new(answer))).map_err(|_| Full)
    }
}
