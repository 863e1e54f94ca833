//! The first pass with NEON: four templates a register.
#![expect(unsafe_code, reason = "loads and stores of vector registers")]

use std::arch::aarch64::*;

use super::{GROUP, Group, ROW_BYTES, plain};
use crate::probe::{Floor, Probe};

/// Registers of a row.
const LANES: usize = GROUP / 4;

pub(super) fn pass(group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    // SAFETY: every 64-bit ARM processor has NEON.
    let sums = unsafe { sums(group, probe) };
    plain::test(&sums, group, probe, floor)
}

#[target_feature(enable = "neon")]
fn sums(group: &Group<'_>, probe: &Probe) -> [i32; GROUP] {
    let low = vdupq_n_u8(15);
    // Two sums a template, side by side, until the end.
    let mut pairs = [[vdupq_n_s32(0); 2]; LANES];
    for (row, [a, b, c, d, e, f, g, h]) in group.codes.as_chunks::<ROW_BYTES>().0.iter().zip(probe.rows()) {
        let near = vreinterpret_s8_s32(vdup_n_s32(bytes([*a, *b, *c, *d])));
        let far = vreinterpret_s8_s32(vdup_n_s32(bytes([*e, *f, *g, *h])));
        for (pair, part) in pairs.iter_mut().zip(row.as_chunks::<16>().0) {
            // SAFETY: `part` is 16 bytes long.
            let codes = unsafe { vld1q_u8(part.as_ptr()) };
            let lows = vreinterpretq_s8_u8(vandq_u8(codes, low));
            let highs = vreinterpretq_s8_u8(vshrq_n_u8::<4>(codes));
            // A product is at most 15 · 127, two of them still fit into sixteen bits.
            let first = vmlal_s8(vmull_s8(vget_low_s8(lows), near), vget_low_s8(highs), far);
            let second = vmlal_s8(vmull_s8(vget_high_s8(lows), near), vget_high_s8(highs), far);
            pair[0] = vpadalq_s16(pair[0], first);
            pair[1] = vpadalq_s16(pair[1], second);
        }
    }
    let mut sums = [0; GROUP];
    for (out, pair) in sums.as_chunks_mut::<4>().0.iter_mut().zip(pairs) {
        // SAFETY: `out` is four numbers long.
        unsafe { vst1q_s32(out.as_mut_ptr(), vpaddq_s32(pair[0], pair[1])) };
    }
    sums
}

fn bytes(q: [i8; 4]) -> i32 {
    i32::from_le_bytes(q.map(i8::cast_unsigned))
}
