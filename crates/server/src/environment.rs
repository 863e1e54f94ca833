//! The environment, without its secrets: these are taken out at start, before any thread or child could see them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Variables that hold a key or a password.
const SECRETS: [&str; 8] = [
    "PERSONHOOD_KEK",
    "PERSONHOOD_DATABASE_URL",
    "PERSONHOOD_DATABASE_REPLICAS",
    "PERSONHOOD_DATABASE_IMAGES_URL",
    "PGPASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

static TAKEN: Mutex<Option<HashMap<&str, String>>> = Mutex::new(None);

/// Takes the secrets out of the environment of this process, also out of the memory that the system shows as
/// `/proc/PID/environ`. To be called once, first of all.
///
/// # Safety
/// No other thread may run.
#[expect(unsafe_code, reason = "changing the environment is unsafe beside other threads")]
pub(crate) unsafe fn take_secrets() {
    let mut taken = HashMap::new();
    for name in SECRETS {
        let value = std::env::var(name);
        // SAFETY: the caller says that nobody reads the environment meanwhile.
        unsafe {
            overwrite(name);
            std::env::remove_var(name);
        }
        if let Ok(value) = value {
            taken.insert(name, value);
        }
    }
    *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
}

/// Overwrites the value of a variable where it lies.
///
/// # Safety
/// No other thread may run, and the variable must be removed next.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the memory belongs to the C library")]
unsafe fn overwrite(name: &str) {
    let Ok(name) = std::ffi::CString::new(name) else { return };
    // SAFETY: the name ends with zero; what is found is this process's own memory, ends with zero, and is read by nobody
    // else; only bytes before that zero are written.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        if !value.is_null() {
            std::ptr::write_bytes(value, b'0', libc::strlen(value));
        }
    }
}

#[cfg(not(unix))]
#[expect(unsafe_code, reason = "as on other systems")]
unsafe fn overwrite(_: &str) {}

/// A variable, whether it is still in the environment or was taken out of it.
pub(crate) fn get(name: &str) -> Option<String> {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = taken.as_ref().and_then(|taken| taken.get(name).cloned());
    drop(taken);
    found.or_else(|| std::env::var(name).ok())
}

/// A variable that is needed once: nothing is left of it.
pub(crate) fn take(name: &str) -> Option<String> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = taken.as_mut().and_then(|taken| taken.remove(name));
    drop(taken);
    found.or_else(|| std::env::var(name).ok())
}

/// The cloud's keys, for who signs requests with them.
pub(crate) fn cloud_keys() -> Vec<(String, String)> {
    let keys = SECRETS.into_iter().filter(|name| name.starts_with("AWS_"));
    keys.filter_map(|name| Some((name.to_owned(), get(name)?))).collect()
}
