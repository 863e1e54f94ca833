//! A few thousand templates side by side, as the first pass reads them.

use crate::code::{Coded, MIDDLE, ROW_COMPONENTS};
use crate::kernel::{GROUP, Group, Kernel, ROW_BYTES};
use crate::probe::{Floor, Probe};

/// Templates in a full block.
pub(crate) const CAPACITY: usize = 4_096;
/// A block grows by so many, so that a small or half-full one holds little it does not need.
const GROWTH: usize = 256;
/// No template.
pub(crate) const NONE: u32 = u32::MAX;

/// What stands beside the codes of one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// Whose it is.
    pub(crate) subject: u128,
    /// Which of the subject's.
    pub(crate) sample: u64,
    /// The owner's word, for filters.
    pub(crate) tag: u32,
    /// The subject's next template, or [`NONE`].
    pub(crate) next: u32,
}

/// Templates in slots. A column a field, so that the first pass reads only what it needs.
#[derive(Debug)]
pub(crate) struct Block {
    /// Padded components of a template.
    components: usize,
    /// 4-bit codes, group by group; in a group row by row; in a row four bytes a template.
    codes: Vec<u8>,
    /// Step size; not a number in an empty slot, which therefore passes no test.
    scales: Vec<f32>,
    errors: Vec<f32>,
    fine: Vec<i8>,
    fine_scales: Vec<f32>,
    discounts: Vec<f32>,
    subjects: Vec<u128>,
    samples: Vec<u64>,
    tags: Vec<u32>,
    nexts: Vec<u32>,
}

impl Block {
    pub(crate) const fn new(components: usize) -> Self {
        Self {
            components,
            codes: Vec::new(),
            scales: Vec::new(),
            errors: Vec::new(),
            fine: Vec::new(),
            fine_scales: Vec::new(),
            discounts: Vec::new(),
            subjects: Vec::new(),
            samples: Vec::new(),
            tags: Vec::new(),
            nexts: Vec::new(),
        }
    }

    /// Slots there are, full or empty.
    pub(crate) const fn slots(&self) -> usize {
        self.scales.len()
    }

    const fn group_bytes(&self) -> usize {
        self.components / ROW_COMPONENTS * ROW_BYTES
    }

    /// Adds empty slots; `false` when the block is full.
    pub(crate) fn grow(&mut self) -> bool {
        let slots = self.slots() + GROWTH;
        if slots > CAPACITY {
            return false;
        }
        let (codes, fine) = (slots / GROUP * self.group_bytes(), slots * self.components);
        self.codes.reserve_exact(codes - self.codes.len());
        self.codes.resize(codes, 0);
        self.fine.reserve_exact(fine - self.fine.len());
        self.fine.resize(fine, 0);
        for (column, empty) in [
            (&mut self.scales, f32::NAN),
            (&mut self.errors, 0.0),
            (&mut self.fine_scales, 0.0),
            (&mut self.discounts, 0.0),
        ] {
            column.reserve_exact(GROWTH);
            column.resize(slots, empty);
        }
        for column in [&mut self.tags, &mut self.nexts] {
            column.reserve_exact(GROWTH);
            column.resize(slots, 0);
        }
        self.subjects.reserve_exact(GROWTH);
        self.subjects.resize(slots, 0);
        self.samples.reserve_exact(GROWTH);
        self.samples.resize(slots, 0);
        true
    }

    /// Where the byte of row `row` that holds components `4·half + at` of a slot lies.
    const fn place(&self, slot: usize, row: usize) -> usize {
        slot / GROUP * self.group_bytes() + row * ROW_BYTES + slot % GROUP * 4
    }

    /// Fills a slot.
    pub(crate) fn fill(&mut self, slot: usize, coded: &Coded, label: Label) {
        for (row, steps) in coded.steps.chunks(ROW_COMPONENTS).enumerate() {
            let at = self.place(slot, row);
            for i in 0..4 {
                let step = |k: usize| steps.get(k).copied().unwrap_or_default();
                self.codes[at + i] = step(i) | (step(i + 4) << 4);
            }
        }
        let fine = slot * self.components;
        self.fine[fine..fine + self.components].fill(0);
        self.fine[fine..fine + coded.fine.len()].copy_from_slice(&coded.fine);
        (self.scales[slot], self.errors[slot], self.fine_scales[slot]) =
            (coded.scale, coded.error, coded.fine_scale);
        self.discounts[slot] = coded.discount;
        self.set_label(slot, label);
    }

    /// Empties a slot.
    pub(crate) fn clear(&mut self, slot: usize) {
        self.scales[slot] = f32::NAN;
        self.fine[slot * self.components..(slot + 1) * self.components].fill(0);
        for row in 0..self.components / ROW_COMPONENTS {
            let at = self.place(slot, row);
            self.codes[at..at + 4].fill(0);
        }
        self.set_label(slot, Label { subject: 0, sample: 0, tag: 0, next: NONE });
    }

    pub(crate) fn label(&self, slot: usize) -> Label {
        Label {
            subject: self.subjects[slot],
            sample: self.samples[slot],
            tag: self.tags[slot],
            next: self.nexts[slot],
        }
    }

    pub(crate) fn set_label(&mut self, slot: usize, label: Label) {
        self.subjects[slot] = label.subject;
        self.samples[slot] = label.sample;
        self.tags[slot] = label.tag;
        self.nexts[slot] = label.next;
    }

    /// The slots that the first pass cannot rule out by their cosines, which no discount makes greater, of `groups` groups from `first` on.
    pub(crate) fn survivors(
        &self,
        kernel: Kernel,
        (first, groups): (usize, usize),
        probe: &Probe,
        floor: Floor,
        out: &mut Vec<u32>,
    ) {
        let bytes = self.group_bytes();
        for group in first..first + groups {
            let slots = group * GROUP..(group + 1) * GROUP;
            let view = Group {
                codes: &self.codes[group * bytes..(group + 1) * bytes],
                scales: self.scales[slots.clone()].as_array().unwrap_or(&[f32::NAN; GROUP]),
                errors: self.errors[slots].as_array().unwrap_or(&[0.0; GROUP]),
            };
            let mut passed = kernel.pass(&view, probe, floor);
            while passed != 0 {
                #[expect(clippy::cast_possible_truncation, reason = "a block has few slots")]
                out.push((group * GROUP) as u32 + passed.trailing_zeros());
                passed &= passed - 1;
            }
        }
    }

    /// The cosine of a slot's template with the probe, less its discount, to about 1e-4; not a number for an empty slot.
    pub(crate) fn score(&self, slot: usize, probe: &Probe) -> f32 {
        let values = probe.values();
        let (mut coarse, mut rest) = (0.0f32, 0.0f32);
        for (row, q) in values.as_chunks::<ROW_COMPONENTS>().0.iter().enumerate() {
            let at = self.place(slot, row);
            for i in 0..4 {
                let byte = self.codes[at + i];
                coarse += q[i] * (f32::from(byte & 15) - MIDDLE) + q[i + 4] * (f32::from(byte >> 4) - MIDDLE);
            }
        }
        let fine = &self.fine[slot * self.components..(slot + 1) * self.components];
        for (q, f) in values.iter().zip(fine) {
            rest += q * f32::from(*f);
        }
        self.scales[slot] * coarse + self.fine_scales[slot] * rest - self.discounts[slot]
    }

    /// Bytes of memory held.
    pub(crate) const fn bytes(&self) -> usize {
        self.codes.capacity()
            + self.fine.capacity()
            + 4 * (self.scales.capacity() + self.errors.capacity() + self.fine_scales.capacity())
            + 4 * self.discounts.capacity()
            + 16 * self.subjects.capacity()
            + 8 * self.samples.capacity()
            + 4 * (self.tags.capacity() + self.nexts.capacity())
    }
}
