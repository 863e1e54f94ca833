//! The 1:N index: who, of all that are enrolled, is nearest to a probe?
//!
//! Floor 0. Knows vectors of length one and opaque keys; nothing of persons, files, stores or networks.
//!
//! A template is held as a 4-bit code beside an 8-bit code of what the first leaves over. The first pass reads the
//! 4-bit codes alone (64 bytes a 128-dimensional template) and rules out, by a bound that cannot err, whatever lies
//! below the threshold; what survives is scored from both codes to within about 1e-4 of the float product. So the
//! answer is that of a plain scan over floats, at a fraction of its memory traffic.

mod block;
mod code;
mod gallery;
mod index;
mod kernel;
mod nearest;
mod probe;
mod scan;
mod scanner;
mod watch;

pub use gallery::{Gallery, Held, Sample, Usage};
pub use kernel::Kernel;
pub use nearest::Candidate;
pub use probe::Probe;
pub use scan::{Found, Question};
pub use scanner::{Full, Scanner};
