//! Downloads on a terminal: a bar; in a pipe: nothing.

use std::cell::RefCell;

use engine::models::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, drawn only when that is a terminal.
#[derive(Default)]
pub(crate) struct Bar(RefCell<Option<ProgressBar>>);

impl Progress for Bar {
    fn begin(&self, name: &str, bytes: u64) {
        let bar = ProgressBar::new(bytes).with_message(name.to_owned());
        let template = "{msg:36} [{bar:30}] {bytes:>10} / {total_bytes}";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        *self.0.borrow_mut() = Some(bar);
    }

    fn at(&self, bytes: u64) {
        if let Some(bar) = &*self.0.borrow() {
            bar.set_position(bytes);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.0.borrow_mut().take() {
            bar.set_position(bar.length().unwrap_or(0));
            bar.finish();
        }
    }
}
