//! The first pass over a group of templates, in the widest instructions the processor has.
//!
//! All kernels compute the same whole numbers and the same 32-bit floats in the same order, so they agree to the bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod plain;

use crate::probe::{Floor, Probe};

/// Templates in a group: a kernel works on all of them at once.
pub(crate) const GROUP: usize = 32;
/// Bytes of a row: four a template.
pub(crate) const ROW_BYTES: usize = 4 * GROUP;

/// What the first pass reads of a group.
pub(crate) struct Group<'a> {
    pub(crate) codes: &'a [u8],
    pub(crate) scales: &'a [f32; GROUP],
    pub(crate) errors: &'a [f32; GROUP],
}

/// Instructions to compute with, that this processor has: one can be had from [`Kernel::available`], [`Kernel::best`] and
/// [`Kernel::PLAIN`] alone. Naming instructions outright does not compile, as a processor without them would do anything:
///
/// ```compile_fail
/// let kernel = gallery::Kernel::Avx512;
/// ```
///
/// ```compile_fail
/// let kernel = gallery::Kernel(unreachable!());
/// ```
///
/// ```
/// let kernel = gallery::Kernel::best();
/// assert!(gallery::Kernel::available().contains(&kernel));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Instructions);

/// Instructions that a processor may have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    /// Whatever the compiler was told the processor has.
    Plain,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 F, BW and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 64-bit ARM, which always has NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Kernel {
    /// The one that every processor can run.
    pub const PLAIN: Self = Self(Instructions::Plain);

    /// All that this processor can run, the plain one first and the quickest last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut kernels = vec![Self::PLAIN];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                kernels.push(Self(Instructions::Avx2));
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                kernels.push(Self(Instructions::Avx512));
            }
        }
        #[cfg(target_arch = "aarch64")]
        kernels.push(Self(Instructions::Neon));
        kernels
    }

    /// The quickest that this processor can run.
    #[must_use]
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::PLAIN)
    }

    /// One bit a template: whether it may reach the threshold.
    #[expect(unsafe_code, reason = "instructions that not every processor has")]
    pub(crate) fn pass(self, group: &Group<'_>, probe: &Probe, floor: Floor) -> u32 {
        match self.0 {
            Instructions::Plain => plain::pass(group, probe, floor),
            // SAFETY: the field is private, and only `available` sets it so, after the features were found.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2::pass(group, probe, floor) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { avx512::pass(group, probe, floor) },
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => neon::pass(group, probe, floor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::unit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_kernel_lets_the_same_templates_pass(
            codes in prop::collection::vec(any::<u8>(), 4 * 4 * ROW_BYTES),
            scales in prop::array::uniform32(0.0f32..0.1),
            errors in prop::array::uniform32(0.0f32..0.3),
            probe in unit(128),
            threshold in -1.0f32..1.0,
            empty in 0..GROUP,
        ) {
            let mut scales = scales;
            scales[empty] = f32::NAN;
            let group = Group { codes: &codes, scales: &scales, errors: &errors };
            let probe = Probe::new(&probe).unwrap();
            let floor = probe.floor(threshold);
            let expected = plain::pass(&group, &probe, floor);
            prop_assert_eq!(expected >> empty & 1, 0);
            for kernel in Kernel::available() {
                prop_assert_eq!(kernel.pass(&group, &probe, floor), expected, "{:?}", kernel);
            }
        }
    }

    #[test]
    fn the_largest_codes_do_not_overflow() {
        let codes = vec![0xff; 16 * 4 * ROW_BYTES];
        let group = Group { codes: &codes, scales: &[0.01; GROUP], errors: &[0.0; GROUP] };
        for sign in [1.0, -1.0] {
            let probe = Probe::new(&[sign; 512]).unwrap();
            for kernel in Kernel::available() {
                // 512 components of 7.5 steps of 0.01, each times 1/√512.
                let reached = sign * 0.075 * 512.0f32.sqrt();
                let passes = |t: f32| kernel.pass(&group, &probe, probe.floor(t)) == u32::MAX;
                assert_eq!(passes(0.9), reached > 0.9, "{kernel:?}");
            }
        }
    }
}
