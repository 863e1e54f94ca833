//! Synthetic templates spread as real ones are.

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
        unit((0..128).map(|_| self.normal()).collect())
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
