//! A thread that searches behind a bounded queue, with helpers while it does: questions are answered one after the other,
//! those of different galleries in turn.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{io, thread};

use domain::fair::Queue;

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

/// Questions by gallery. What waits holds its gallery, so that no other can have its address meanwhile.
type Questions = Queue<usize, Waiting>;

/// The thread; it ends when the last clone is dropped.
#[derive(Clone)]
pub struct Searcher {
    desk: Arc<Desk>,
}

/// Where questions are handed in. The thread holds the queue alone, so that this is dropped with the last clone.
struct Desk(Arc<Questions>);

impl Drop for Desk {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Searcher {
    /// Starts the thread, which searches on `threads` at once; so many questions may wait.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(threads: usize, places: usize) -> io::Result<Self> {
        let questions = Arc::new(Questions::new(places));
        let desk = Arc::new(Desk(Arc::clone(&questions)));
        thread::Builder::new().name("finger-search".into()).spawn(move || {
            while let Some((_, (gallery, question, asker))) = questions.pop() {
                if !asker.is_waiting() {
                    continue;
                }
                let found = catch_unwind(AssertUnwindSafe(|| gallery.search(&question, threads)));
                if let Ok(found) = found {
                    asker.told(found);
                }
            }
        })?;
        Ok(Self { desk })
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Full`], when too many questions wait for this gallery.
    pub fn ask(
        &self,
        gallery: Arc<Gallery>,
        question: Question,
        asker: impl Asker + 'static,
    ) -> Result<(), Full> {
        let lane = Arc::as_ptr(&gallery) as usize;
        self.desk.0.push(lane, (gallery, question, Box::new(asker))).map_err(|_| Full)
    }
}
