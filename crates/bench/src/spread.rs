//! Synthetic templates spread as real ones are: as those of `sface-2021dec` for the 963 people of LFW's development set.

/// Length of the mean of all templates: faces have something in common.
const MEAN: f32 = 0.2935;

/// Standard deviations along the principal axes.
#[rustfmt::skip]
const DEVIATIONS: [f32; 128] = [
    0.12545, 0.12348, 0.12158, 0.12015, 0.11946, 0.11767, 0.11582, 0.11484,
    0.11402, 0.11336, 0.11203, 0.11173, 0.11077, 0.11004, 0.10932, 0.10750,
    0.10706, 0.10565, 0.10495, 0.10470, 0.10397, 0.10325, 0.10232, 0.10180,
    0.10135, 0.10044, 0.09972, 0.09902, 0.09895, 0.09785, 0.09764, 0.09708,
    0.09679, 0.09590, 0.09532, 0.09459, 0.09371, 0.09323, 0.09288, 0.09226,
    0.09214, 0.09197, 0.09154, 0.09087, 0.09018, 0.08966, 0.08931, 0.08887,
    0.08786, 0.08778, 0.08762, 0.08679, 0.08605, 0.08587, 0.08567, 0.08519,
    0.08445, 0.08424, 0.08341, 0.08284, 0.08238, 0.08156, 0.08143, 0.08104,
    0.08053, 0.07982, 0.07973, 0.07941, 0.07855, 0.07829, 0.07798, 0.07735,
    0.07713, 0.07662, 0.07597, 0.07554, 0.07545, 0.07536, 0.07488, 0.07380,
    0.07357, 0.07321, 0.07274, 0.07240, 0.07199, 0.07145, 0.07108, 0.07044,
    0.07004, 0.06962, 0.06945, 0.06880, 0.06874, 0.06850, 0.06786, 0.06736,
    0.06648, 0.06624, 0.06593, 0.06536, 0.06424, 0.06418, 0.06382, 0.06320,
    0.06258, 0.06200, 0.06159, 0.06124, 0.06109, 0.06002, 0.05966, 0.05946,
    0.05874, 0.05838, 0.05766, 0.05710, 0.05642, 0.05606, 0.05543, 0.05497,
    0.05440, 0.05405, 0.05291, 0.05222, 0.05142, 0.05043, 0.04452, 0.03549,
];

/// A source of unit vectors, the same every time for one seed.
pub struct Spread {
    state: u64,
}

impl Spread {
    /// A source.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn uniform(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Box and Muller's normal number.
    fn normal(&mut self) -> f32 {
        let (a, b) = (self.uniform().max(1e-7), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
    }

    /// The template of somebody.
    pub fn vector(&mut self) -> Vec<f32> {
        let mut vector: Vec<f32> = DEVIATIONS.iter().map(|d| d * self.normal()).collect();
        // In no particular direction: every component carries a part.
        let share = MEAN / (DEVIATIONS.len() as f32).sqrt();
        vector.iter_mut().for_each(|v| *v += share);
        unit(vector)
    }

    /// Another template of the same face, at about this cosine.
    pub fn near(&mut self, vector: &[f32], cosine: f32) -> Vec<f32> {
        let other = self.vector();
        let across = (1.0 - cosine * cosine).sqrt();
        unit(vector.iter().zip(other).map(|(v, o)| cosine * v + across * o).collect())
    }
}

fn unit(mut v: Vec<f32>) -> Vec<f32> {
    let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    v.iter_mut().for_each(|x| *x /= length);
    v
}
