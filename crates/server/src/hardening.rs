//! What nobody else should read of this process's memory: it is never dumped, and no process of the same user looks into it.

/// Turns core dumps off, and asks for as much lockable memory and as many open files as are allowed.
#[cfg(unix)]
#[expect(unsafe_code, reason = "limits of a process have no safe wrapper")]
pub(crate) fn no_dumps() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let mut lockable = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let mut files = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structures live longer than the calls, which touch nothing else. What is refused stays as it was.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        if libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut lockable) == 0 {
            lockable.rlim_cur = lockable.rlim_max;
            libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const lockable);
        }
        // Connections are limited by a setting, which holds only where there are as many descriptors.
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut files) == 0 {
            files.rlim_cur = files.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const files);
        }
        // A limit does not bind a kernel that pipes dumps to a program; this does.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}

#[cfg(not(unix))]
pub(crate) fn no_dumps() {}
