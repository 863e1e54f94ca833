//! Charts as SVG.

mod bars;
mod det;

pub(super) use bars::{Bar, bars};
pub(super) use det::{Det, det};

/// Decades shown.
struct Axis {
    low: i32,
    from: f64,
    to: f64,
}

impl Axis {
    fn place(&self, rate: f64) -> f64 {
        let part = 1.0 - rate.max(10f64.powi(self.low)).log10() / f64::from(self.low);
        self.from + (self.to - self.from) * part
    }
}

/// The beginning of a drawing on white.
fn sheet(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    )
}
