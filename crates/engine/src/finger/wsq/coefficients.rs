//! The numbers: read from Huffman codes, then multiplied out into their subbands.

use super::huffman::Bits;
use super::layout::Band;
use super::reader::Reader;
use super::tables::{Quantiser, Tables};
use super::wavelet::Plane;
use super::{Fault, marker};

/// Reads blocks until the end of the picture: exactly as many numbers as the subbands in use have room for.
pub(super) fn read(reader: &mut Reader<'_>, tables: &mut Tables, bands: &[Band]) -> Result<Vec<i32>, Fault> {
    let used = bands.iter().zip(tables.quantisers()?).filter(|(_, q)| q.step > 0.0);
    let count: usize = used.map(|(band, _)| band.width * band.height).sum();
    let mut values = Vec::with_capacity(count);
    loop {
        match reader.marker()? {
            marker::END => break,
            marker::BLOCK => {
                let place = reader.segment()?.byte()?;
                let data = reader.scan()?;
                block(&data, tables, place, count, &mut values)?;
            }
            other => tables.read(other, &mut reader.segment()?)?,
        }
    }
    if values.len() == count { Ok(values) } else { Err(Fault::Damaged) }
}

fn block(data: &[u8], tables: &Tables, place: u8, count: usize, values: &mut Vec<i32>) -> Result<(), Fault> {
    let codes = tables.codes(place)?;
    let mut bits = Bits::new(data);
    // What is left of the last byte are ones, which no code consists of.
    while values.len() < count {
        let Some(symbol) = codes.next(&mut bits)? else { break };
        let mut number = |bits_of| bits.take(bits_of).ok_or(Fault::Damaged);
        let signed = |n: u32| i32::try_from(n).map_err(|_| Fault::Damaged);
        let (zeros, value) = match symbol {
            1..=100 => (usize::from(symbol), None),
            101 => (0, Some(signed(number(8)?)?)),
            102 => (0, Some(-signed(number(8)?)?)),
            103 => (0, Some(signed(number(16)?)?)),
            104 => (0, Some(-signed(number(16)?)?)),
            105 => (number(8)? as usize, None),
            106 => (number(16)? as usize, None),
            107..=254 => (0, Some(i32::from(symbol) - 180)),
            0 | 255 => return Err(Fault::Damaged),
        };
        if values.len() + zeros > count {
            return Err(Fault::Damaged);
        }
        values.resize(values.len() + zeros, 0);
        values.extend(value);
    }
    Ok(())
}

/// Multiplies the numbers out; subbands that are not in use stay empty.
pub(super) fn spread(values: &[i32], bands: &[Band], quantisers: &[Quantiser], plane: &mut Plane) {
    let mut values = values.iter();
    for (band, q) in bands.iter().zip(quantisers).filter(|(_, q)| q.step > 0.0) {
        for row in plane.rows_mut(band) {
            for (target, value) in row.iter_mut().zip(values.by_ref()) {
                *target = q.value(*value);
            }
        }
    }
}

impl Quantiser {
    /// What a number stands for.
    fn value(&self, number: i32) -> f32 {
        let number = number as f32;
        if number > 0.0 {
            self.step * (number - self.centre) + self.zero / 2.0
        } else if number < 0.0 {
            self.step * (number + self.centre) - self.zero / 2.0
        } else {
            0.0
        }
    }
}
