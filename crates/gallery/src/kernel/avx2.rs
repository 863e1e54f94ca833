//! The first pass with AVX2: eight templates a register.
#![expect(unsafe_code, reason = "loads of vector registers")]

use std::arch::x86_64::*;

use super::{GROUP, Group, ROW_BYTES};
use crate::probe::{Floor, Probe};

/// Rows whose 16-bit sums cannot overflow: eight products of two, each at most 2 · 15 · 127.
const ROWS: usize = 4;
/// Registers of a row.
const LANES: usize = GROUP / 8;

#[target_feature(enable = "avx2")]
pub(super) fn pass(group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let (low, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    let mut sums = [_mm256_setzero_si256(); LANES];
    let rows = group.codes.as_chunks::<ROW_BYTES>().0.as_chunks::<ROWS>().0;
    for (rows, qs) in rows.iter().zip(probe.rows().as_chunks::<ROWS>().0) {
        let mut narrow = [_mm256_setzero_si256(); LANES];
        for (row, [a, b, c, d, e, f, g, h]) in rows.iter().zip(qs) {
            let near = _mm256_set1_epi32(bytes([*a, *b, *c, *d]));
            let far = _mm256_set1_epi32(bytes([*e, *f, *g, *h]));
            for (narrow, part) in narrow.iter_mut().zip(row.as_chunks::<32>().0) {
                // SAFETY: `part` is 32 bytes long; the load asks for no alignment.
                let codes = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
                let lows = _mm256_and_si256(codes, low);
                let highs = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), low);
                let products =
                    _mm256_add_epi16(_mm256_maddubs_epi16(lows, near), _mm256_maddubs_epi16(highs, far));
                *narrow = _mm256_add_epi16(*narrow, products);
            }
        }
        for (sum, narrow) in sums.iter_mut().zip(narrow) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(narrow, ones));
        }
    }
    test(&sums, group, probe, floor)
}

fn bytes(q: [i8; 4]) -> i32 {
    i32::from_le_bytes(q.map(i8::cast_unsigned))
}

#[target_feature(enable = "avx2")]
fn test(sums: &[__m256i; LANES], group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
    let (step, offset) = (_mm256_set1_ps(probe.step()), _mm256_set1_ps(probe.offset()));
    let (across, threshold) = (_mm256_set1_ps(floor.across), _mm256_set1_ps(floor.threshold));
    let least = _mm256_set1_ps(floor.least);
    let (scales, errors) = (group.scales.as_chunks::<8>().0, group.errors.as_chunks::<8>().0);
    let mut passed = 0;
    for (i, sum) in sums.iter().enumerate() {
        // SAFETY: both are eight floats long; the loads ask for no alignment.
        let (scale, error) =
            unsafe { (_mm256_loadu_ps(scales[i].as_ptr()), _mm256_loadu_ps(errors[i].as_ptr())) };
        let product =
            _mm256_mul_ps(scale, _mm256_sub_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(*sum), step), offset));
        let slack = _mm256_mul_ps(error, _mm256_add_ps(across, _mm256_mul_ps(threshold, error)));
        let reach = _mm256_cmp_ps::<_CMP_GE_OQ>(_mm256_add_ps(product, slack), least);
        passed |= _mm256_movemask_ps(reach).cast_unsigned() << (8 * i);
    }
    passed
}
