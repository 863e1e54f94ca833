//! Telling glibc's allocator how the inference library, which uses it, uses memory.
//!
//! Loading a network allocates its weights several times over and frees most of them. With glibc's defaults the
//! freed blocks stay in the heap: about 70 MiB that are never used again. And what an inference allocates on a worker
//! thread is given back to the system and faulted in anew each time, which doubles its time.

/// While networks are loaded: large blocks come from the system and go back to it when freed.
pub(crate) fn loading() {
    mmap_threshold(1 << 20);
}

/// Afterwards: images and tensors come and go, and are better kept than fetched anew from the system.
pub(crate) fn serving() {
    mmap_threshold(32 << 20);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt has no safe wrapper")]
fn mmap_threshold(bytes: libc::c_int) {
    // SAFETY: mallopt takes two integers and only changes how later allocations are made.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, bytes);
        libc::mallopt(libc::M_TRIM_THRESHOLD, bytes);
    }
}

/// After work that took much more than usual: what is free goes back to the system at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "malloc_trim has no safe wrapper")]
pub(crate) fn trim() {
    // SAFETY: malloc_trim takes an integer and gives back only memory that nothing uses.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// After work that took much more than usual.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn mmap_threshold(_: i32) {}
