//! Threads that search, behind a bounded queue. Questions that wait for one gallery are answered together, in one pass;
//! galleries take turns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use domain::fair::Lanes;
use tokio::sync::oneshot;

use crate::gallery::Gallery;
use crate::nearest::Nearest;
use crate::scan::{Found, Question, Scan};

/// Most questions in one pass: beyond it their probes crowd the codes out of the nearest cache.
const TOGETHER: usize = 16;

/// Too many questions wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

struct Job {
    gallery: Arc<Gallery>,
    question: Question,
    answer: oneshot::Sender<Found>,
}

/// A pass that threads take part in.
struct Pass {
    scan: Arc<Scan>,
    answers: Vec<oneshot::Sender<Found>>,
    found: Vec<Vec<Nearest>>,
    /// Threads at work on it.
    busy: usize,
}

struct Queue {
    /// By the gallery's address: what waits holds its gallery, so that no other can have that address meanwhile.
    waiting: Lanes<usize, Job>,
    pass: Option<Pass>,
    closing: bool,
}

struct Desk {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The lane of a gallery.
fn lane(gallery: &Arc<Gallery>) -> usize {
    Arc::as_ptr(gallery) as usize
}

/// Searching threads; they end when this is dropped.
pub struct Scanner {
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

impl Scanner {
    /// Starts `threads` threads; `places` questions may wait.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn start(threads: usize, places: usize) -> std::io::Result<Self> {
        let queue = Queue { waiting: Lanes::new(places), pass: None, closing: false };
        let desk = Desk { queue: Mutex::new(queue), changed: Condvar::new() };
        let mut scanner = Self { desk: Arc::new(desk), threads: Vec::new() };
        for number in 0..threads.max(1) {
            let desk = Arc::clone(&scanner.desk);
            let thread =
                thread::Builder::new().name(format!("search-{number}")).spawn(move || desk.work())?;
            scanner.threads.push(thread);
        }
        Ok(scanner)
    }

    /// Asks; the answer comes through the channel, which closes without one only on a fault.
    ///
    /// # Errors
    /// [`Full`], at once.
    pub fn ask(&self, gallery: Arc<Gallery>, question: Question) -> Result<oneshot::Receiver<Found>, Full> {
        let mut queue = self.desk.lock();
        let found = queue.add(gallery, question)?;
        drop(queue);
        self.desk.changed.notify_one();
        Ok(found)
    }

    /// Asks several questions that are answered in one pass.
    ///
    /// # Errors
    /// [`Full`], at once, for all of them.
    pub fn ask_together(
        &self,
        gallery: &Arc<Gallery>,
        questions: Vec<Question>,
    ) -> Result<Vec<oneshot::Receiver<Found>>, Full> {
        let mut queue = self.desk.lock();
        if !queue.waiting.has_room(&lane(gallery), questions.len()) {
            return Err(Full);
        }
        let found = questions.into_iter().map(|question| queue.add(Arc::clone(gallery), question)).collect();
        drop(queue);
        self.desk.changed.notify_one();
        found
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.desk.lock().closing = true;
        self.desk.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn add(&mut self, gallery: Arc<Gallery>, question: Question) -> Result<oneshot::Receiver<Found>, Full> {
        let (answer, found) = oneshot::channel();
        let lane = lane(&gallery);
        self.waiting.push(lane, Job { gallery, question, answer }).map_err(|_| Full)?;
        Ok(found)
    }

    /// Begins a pass for the gallery whose turn it is, with those that wait for it longest.
    fn begin(&mut self) -> Option<Arc<Scan>> {
        self.waiting.retain(|job| !job.answer.is_closed());
        let (lane, first) = self.waiting.pop()?;
        let gallery = first.gallery;
        let (mut questions, mut answers) = (vec![first.question], vec![first.answer]);
        while questions.len() < TOGETHER {
            let Some(job) = self.waiting.pop_of(&lane) else { break };
            questions.push(job.question);
            answers.push(job.answer);
        }
        let scan = Arc::new(Scan::new(gallery, questions));
        self.pass = Some(Pass { scan: Arc::clone(&scan), answers, found: Vec::new(), busy: 1 });
        Some(scan)
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(scan) = self.next() {
            let found = catch_unwind(AssertUnwindSafe(|| scan.work()));
            if found.is_err() {
                tracing::error!("a search panicked");
            }
            if let Some(pass) = self.finish(found.ok()) {
                let (scan, parts) = (pass.scan, pass.found);
                let Ok(found) = catch_unwind(AssertUnwindSafe(|| scan.conclude(parts))) else {
                    tracing::error!("a search panicked");
                    continue;
                };
                for (answer, found) in pass.answers.into_iter().zip(found) {
                    let _ = answer.send(found);
                }
            }
        }
    }

    /// Waits for a pass to take part in; `None` when it is time to go.
    fn next(&self) -> Option<Arc<Scan>> {
        let mut queue = self.lock();
        loop {
            match &mut queue.pass {
                Some(pass) if pass.scan.has_work() => {
                    pass.busy += 1;
                    return Some(Arc::clone(&pass.scan));
                }
                Some(_) => {}
                None => {
                    if let Some(scan) = queue.begin() {
                        drop(queue);
                        self.changed.notify_all();
                        return Some(scan);
                    }
                    if queue.closing {
                        return None;
                    }
                }
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands in what was found; answers the pass when this was the last thread at work on it. A pass in which a thread
    /// failed is dropped, and with it the channels of its answers.
    fn finish(&self, found: Option<Vec<Nearest>>) -> Option<Pass> {
        let mut queue = self.lock();
        let pass = queue.pass.as_mut()?;
        pass.busy -= 1;
        let failed = found.is_none();
        match found {
            Some(found) => pass.found.push(found),
            None => pass.answers.clear(),
        }
        if pass.busy > 0 || (pass.scan.has_work() && !failed) {
            return None;
        }
        let pass = queue.pass.take();
        drop(queue);
        self.changed.notify_all();
        pass
    }
}
