//! Long work on a terminal: a bar; in a pipe: nothing.

use std::cell::RefCell;

use engine::models::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, drawn only when that is a terminal.
pub(crate) struct Bar {
    bar: RefCell<Option<ProgressBar>>,
    template: &'static str,
}

impl Default for Bar {
    /// Counts bytes.
    fn default() -> Self {
        Self { bar: RefCell::default(), template: "{msg:36} [{bar:30}] {bytes:>10} / {total_bytes}" }
    }
}

impl Bar {
    /// Counts things.
    pub(crate) fn counting() -> Self {
        Self { bar: RefCell::default(), template: "{msg:12} [{bar:40}] {pos:>10} / {len}  {eta}" }
    }
}

impl Progress for Bar {
    fn begin(&self, name: &str, length: u64) {
        let bar = ProgressBar::new(length).with_message(name.to_owned());
        bar.set_style(
            ProgressStyle::with_template(self.template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        *self.bar.borrow_mut() = Some(bar);
    }

    fn at(&self, position: u64) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.set_position(position);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.set_position(bar.length().unwrap_or(0));
            bar.finish();
        }
    }
}
