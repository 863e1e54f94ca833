//! The first pass in plain Rust, which the compiler turns into what the target surely has.

use super::{GROUP, Group, ROW_BYTES};
use crate::probe::{Floor, Probe};

pub(super) fn pass(group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let mut sums = [0i32; GROUP];
    for (row, q) in group.codes.as_chunks::<ROW_BYTES>().0.iter().zip(probe.rows()) {
        for (sum, bytes) in sums.iter_mut().zip(row.as_chunks::<4>().0) {
            for i in 0..4 {
                *sum += i32::from(bytes[i] & 15) * i32::from(q[i])
                    + i32::from(bytes[i] >> 4) * i32::from(q[i + 4]);
            }
        }
    }
    test(&sums, group, probe, floor)
}

/// The test of the bound; also for processors whose kernel only sums.
pub(super) fn test(sums: &[i32; GROUP], group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let mut passed = 0;
    for (i, sum) in sums.iter().enumerate() {
        let (scale, error) = (group.scales[i], group.errors[i]);
        let product = scale * (*sum as f32 * probe.step() - probe.offset());
        let reach = product + error * (floor.across + floor.threshold * error);
        passed |= u32::from(reach >= floor.least) << i;
    }
    passed
}
