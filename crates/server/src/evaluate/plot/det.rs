//! A DET curve as SVG: false non-match over false match rate, both on logarithmic axes (ISO/IEC 19795-1).

use std::fmt::Write as _;

use super::{Axis, sheet};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 50.0;

/// What a curve is drawn from: false match and false non-match rates at thresholds from low to high, and how many pairs.
pub(crate) struct Det {
    pub(crate) curve: Vec<(f64, f64)>,
    pub(crate) genuine: u64,
    pub(crate) impostor: u64,
}

/// The curve.
pub(crate) fn det(det: &Det) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a few decades")]
    let decades = |count: u64| -((count.max(10) as f64).log10().floor() as i32).min(8);
    let x = Axis { low: decades(det.impostor), from: LEFT, to: WIDTH - RIGHT };
    let y = Axis { low: decades(det.genuine), from: HEIGHT - BOTTOM, to: TOP };
    let mut svg = sheet(WIDTH, HEIGHT);
    for decade in x.low..=0 {
        let at = x.place(10f64.powi(decade));
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">1e{decade}</text>",
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 18.0
        );
    }
    for decade in y.low..=0 {
        let at = y.place(10f64.powi(decade));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">1e{decade}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    let points: Vec<String> =
        det.curve.iter().map(|(fmr, fnmr)| format!("{:.1},{:.1}", x.place(*fmr), y.place(*fnmr))).collect();
    let _ = writeln!(
        svg,
        "<polyline fill=\"none\" stroke=\"#0b5fa5\" stroke-width=\"2\" points=\"{}\"/>",
        points.join(" ")
    );
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">False match rate ({} pairs of strangers)</text>\
         <text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">False non-match rate ({} pairs)</text></svg>",
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 12.0,
        det.impostor,
        f64::midpoint(TOP, HEIGHT - BOTTOM),
        det.genuine
    );
    svg
}
