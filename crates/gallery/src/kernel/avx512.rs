//! The first pass with AVX-512 and its byte products (VNNI): sixteen templates a register.
#![expect(unsafe_code, reason = "loads of vector registers")]

use std::arch::x86_64::*;

use super::{GROUP, Group, ROW_BYTES};
use crate::probe::{Floor, Probe};

/// Registers of a row.
const LANES: usize = GROUP / 16;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn pass(group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let low = _mm512_set1_epi8(15);
    // Two sums a lane: products follow each other too quickly for one.
    let mut sums = [[_mm512_setzero_si512(); LANES]; 2];
    for (row, [a, b, c, d, e, f, g, h]) in group.codes.as_chunks::<ROW_BYTES>().0.iter().zip(probe.rows()) {
        let near = _mm512_set1_epi32(bytes([*a, *b, *c, *d]));
        let far = _mm512_set1_epi32(bytes([*e, *f, *g, *h]));
        for (lane, part) in row.as_chunks::<64>().0.iter().enumerate() {
            // SAFETY: `part` is 64 bytes long; the load asks for no alignment.
            let codes = unsafe { _mm512_loadu_si512(part.as_ptr().cast()) };
            let highs = _mm512_and_si512(_mm512_srli_epi16::<4>(codes), low);
            sums[0][lane] = _mm512_dpbusd_epi32(sums[0][lane], _mm512_and_si512(codes, low), near);
            sums[1][lane] = _mm512_dpbusd_epi32(sums[1][lane], highs, far);
        }
    }
    let [near, far] = sums;
    test([_mm512_add_epi32(near[0], far[0]), _mm512_add_epi32(near[1], far[1])], group, probe, floor)
}

fn bytes(q: [i8; 4]) -> i32 {
    i32::from_le_bytes(q.map(i8::cast_unsigned))
}

#[target_feature(enable = "avx512f")]
fn test(sums: [__m512i; LANES], group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let (step, offset) = (_mm512_set1_ps(probe.step()), _mm512_set1_ps(probe.offset()));
    let (across, threshold) = (_mm512_set1_ps(floor.across), _mm512_set1_ps(floor.threshold));
    let least = _mm512_set1_ps(floor.least);
    let (scales, errors) = (group.scales.as_chunks::<16>().0, group.errors.as_chunks::<16>().0);
    let mut passed = 0;
    for (i, sum) in sums.into_iter().enumerate() {
        // SAFETY: both are sixteen floats long; the loads ask for no alignment.
        let (scale, error) =
            unsafe { (_mm512_loadu_ps(scales[i].as_ptr()), _mm512_loadu_ps(errors[i].as_ptr())) };
        let product =
            _mm512_mul_ps(scale, _mm512_sub_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), step), offset));
        let slack = _mm512_mul_ps(error, _mm512_add_ps(across, _mm512_mul_ps(threshold, error)));
        let reach = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_add_ps(product, slack), least);
        passed |= u32::from(reach) << (16 * i);
    }
    passed
}
