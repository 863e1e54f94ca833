//! Memory for keys that live as long as the process: on pages of its own, which are not swapped out and not dumped.
//!
//! Where the system does not allow it, the keys lie in ordinary memory, and [`all_locked`] says so.

#![expect(unsafe_code, reason = "locking memory has no safe wrapper")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

static REFUSED: AtomicBool = AtomicBool::new(false);

/// Whether the system has let all keys be locked in memory so far.
#[must_use]
pub fn all_locked() -> bool {
    !REFUSED.load(Ordering::Relaxed)
}

/// A value on pages that nothing else lies on: so unlocking them unlocks no other key.
pub(crate) struct Locked<T> {
    place: NonNull<T>,
    pages: Layout,
}

// SAFETY: it owns its value, as a box does.
unsafe impl<T: Send> Send for Locked<T> {}
// SAFETY: it hands out shared references only, as a box does.
unsafe impl<T: Sync> Sync for Locked<T> {}

impl<T> Locked<T> {
    pub(crate) fn new(value: T) -> Self {
        let pages = pages_of::<T>();
        // SAFETY: a layout of pages is not empty.
        let memory = unsafe { alloc(pages) };
        let Some(place) = NonNull::new(memory.cast::<T>()) else { handle_alloc_error(pages) };
        if !lock(place.cast(), pages.size()) {
            REFUSED.store(true, Ordering::Relaxed);
        }
        // SAFETY: `place` is ours, large enough for a `T` and aligned for it: see `pages_of`.
        unsafe { place.write(value) };
        Self { place, pages }
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value was written by `new` and lives until `drop`.
        unsafe { self.place.as_ref() }
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        // SAFETY: the value is there, is dropped once, and the memory was allocated with this layout. Keys wipe themselves.
        unsafe {
            self.place.drop_in_place();
            unlock(self.place.cast(), self.pages.size());
            dealloc(self.place.as_ptr().cast(), self.pages);
        }
    }
}

/// Whole pages for a `T`.
fn pages_of<T>() -> Layout {
    let page = page_size().max(align_of::<T>());
    let size = size_of::<T>().max(1).next_multiple_of(page);
    Layout::from_size_align(size, page).expect("a few pages")
}

#[cfg(unix)]
fn page_size() -> usize {
    // SAFETY: it reads a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(page).ok().filter(|p| p.is_power_of_two()).unwrap_or(1 << 14)
}

#[cfg(unix)]
fn lock(place: NonNull<libc::c_void>, size: usize) -> bool {
    // SAFETY: the pages are ours; neither call changes what is on them.
    unsafe {
        #[cfg(target_os = "linux")]
        libc::madvise(place.as_ptr(), size, libc::MADV_DONTDUMP);
        libc::mlock(place.as_ptr(), size) == 0
    }
}

/// # Safety
/// The pages must be the caller's alone.
#[cfg(unix)]
unsafe fn unlock(place: NonNull<libc::c_void>, size: usize) {
    // SAFETY: the caller owns the pages, and gives them back as they were.
    unsafe {
        #[cfg(target_os = "linux")]
        libc::madvise(place.as_ptr(), size, libc::MADV_DODUMP);
        libc::munlock(place.as_ptr(), size);
    }
}

#[cfg(not(unix))]
fn page_size() -> usize {
    1 << 12
}

#[cfg(not(unix))]
fn lock(_: NonNull<std::ffi::c_void>, _: usize) -> bool {
    false
}

#[cfg(not(unix))]
unsafe fn unlock(_: NonNull<std::ffi::c_void>, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes of this process that are locked.
    #[cfg(target_os = "linux")]
    fn locked_kilobytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmLck:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn keys_lie_in_locked_memory_where_it_is_allowed() {
        let many: Vec<_> = (0..8u8).map(|n| Locked::new([n; 100])).collect();
        assert!(many.iter().zip(0..).all(|(key, n)| **key == [n; 100]));
        let at = |key: &Locked<[u8; 100]>| key.place.addr().get() / page_size();
        let pages: std::collections::HashSet<_> = many.iter().map(at).collect();
        assert_eq!(pages.len(), 8, "each on a page of its own");
        if all_locked() {
            assert!(locked_kilobytes() >= 32, "{}", locked_kilobytes());
        }
    }

    #[test]
    fn a_value_is_dropped_once() {
        let counted = std::sync::Arc::new(());
        drop(Locked::new(std::sync::Arc::clone(&counted)));
        assert_eq!(std::sync::Arc::strong_count(&counted), 1);
    }
}
