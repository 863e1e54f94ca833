//! What becomes of pictures, kind by kind: how often strangers are alike, on a logarithmic axis, how often the same person is, and how
//! often a picture is refused.

use std::fmt::Write as _;

use super::{Axis, sheet};

const WIDTH: f64 = 900.0;
const ROW: f64 = 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 24.0;
/// Where names end, and where the three columns begin and end.
const NAMES: f64 = 190.0;
const COLUMNS: [(f64, f64); 3] = [(200.0, 440.0), (470.0, 660.0), (690.0, 880.0)];
const HEADS: [&str; 3] = ["strangers alike", "the same person alike", "refused"];
const COLOURS: [&str; 3] = ["#b3261e", "#0b5fa5", "#777"];
/// Decades of the first column.
const DECADES: i32 = -6;

/// One kind of picture; all are parts of one.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) strangers: f64,
    pub(crate) same: f64,
    pub(crate) refused: f64,
}

/// The chart, with a line at the rate that is stated.
pub(crate) fn bars(rows: &[Bar], stated: f64) -> String {
    let height = TOP + ROW * rows.len() as f64 + BOTTOM;
    let mut svg = sheet(WIDTH, height);
    let rates = Axis { low: DECADES, from: COLUMNS[0].0, to: COLUMNS[0].1 };
    let part = |column: usize, value: f64| {
        let (from, to) = COLUMNS[column];
        from + (to - from) * value.clamp(0.0, 1.0)
    };
    for (column, head) in HEADS.into_iter().enumerate() {
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"18\">{head}</text>", COLUMNS[column].0);
    }
    let bottom = height - BOTTOM;
    let mut line = |at: f64, label: &str, colour: &str| {
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"10\">{label}</text>",
            bottom + 14.0
        );
    };
    for decade in (DECADES..=0).step_by(2) {
        line(rates.place(10f64.powi(decade)), &format!("1e{decade}"), "#ddd");
    }
    line(rates.place(stated), "", "#b3261e");
    for column in [1, 2] {
        for percent in [0u8, 50, 100] {
            line(part(column, f64::from(percent) / 100.0), &format!("{percent} %"), "#ddd");
        }
    }
    for (row, bar) in rows.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{NAMES}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            y + 14.0,
            bar.name
        );
        let ends = [rates.place(bar.strangers), part(1, bar.same), part(2, bar.refused)];
        for (column, end) in ends.into_iter().enumerate() {
            let from = COLUMNS[column].0;
            let _ = writeln!(
                svg,
                "<rect x=\"{from}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\" fill=\"{}\"/>",
                y + 4.0,
                (end - from).max(0.0),
                COLOURS[column]
            );
        }
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_rate_and_none_where_nobody_is_alike() {
        let bar = |name: &str, strangers| Bar { name: name.into(), strangers, same: 0.5, refused: 0.0 };
        let drawn = bars(&[bar("as it is", 0.0), bar("turned", 1e-3), bar("negative", 1.0)], 1e-4);
        let widths: Vec<f64> = drawn
            .lines()
            .filter(|line| line.contains(COLOURS[0]) && line.starts_with("<rect"))
            .map(|line| {
                line.split("width=\"").nth(1).and_then(|w| w.split('"').next()).unwrap().parse().unwrap()
            })
            .collect();
        assert_eq!(widths, [0.0, 120.0, 240.0]);
        assert!(drawn.contains(">turned</text>") && drawn.ends_with("</svg>\n"));
    }
}
