//! UTF-16 inside bytes: found by the zeros between its letters, in either order and at any offset.

/// The ways in which `bytes` can be UTF-16: offset of the first unit, and whether big-endian.
pub(super) fn readings(bytes: &[u8]) -> Vec<(usize, bool)> {
    let mut readings: Vec<(usize, bool)> = Vec::new();
    for (parity, _) in parities(bytes).iter().enumerate().filter(|(_, found)| **found) {
        // Zeros at odd offsets: little-endian units from 0, or big-endian units from 1.
        readings.extend([(1 - parity, false), (parity, true)]);
    }
    for (parity, _) in dense(bytes).iter().enumerate().filter(|(_, found)| **found) {
        readings.extend([(1 - parity, false), (parity, true)]);
    }
    match bytes {
        [0xFF, 0xFE, ..] => readings.push((0, false)),
        [0xFE, 0xFF, ..] => readings.push((0, true)),
        _ => {}
    }
    readings.sort_unstable();
    readings.dedup();
    readings
}

/// Whether zeros stand as they do between letters in UTF-16, at even and at odd offsets.
pub(super) fn parities(bytes: &[u8]) -> [bool; 2] {
    let mut seen = [0_u32; 2];
    for (at, window) in bytes.windows(3).enumerate() {
        if let [0, between, 0] = window
            && *between != 0
            && let Some(count) = seen.get_mut(at & 1)
        {
            *count += 1;
        }
    }
    seen.map(|count| count >= 2)
}

/// Whether nearly all bytes at even and at odd offsets are the upper halves of letters, full-width and zero-width
/// characters: then there need be no zeros.
pub(super) fn dense(bytes: &[u8]) -> [bool; 2] {
    if bytes.len() < 8 {
        return [false; 2];
    }
    let mut seen = [0; 2];
    let mut missed = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(byte, 0..=4 | 0x1E | 0x20 | 0xFF) {
            if let Some(count) = seen.get_mut(at & 1) {
                *count += 1;
            }
        } else {
            missed += 1;
            // One half may miss all, the other a tenth.
            if missed * 20 > bytes.len() * 11 + 20 {
                return [false; 2];
            }
        }
    }
    seen.map(|count: usize| count * 2 * 10 >= bytes.len() * 9)
}

/// UTF-16 read from `offset` on, as UTF-8. With `strict`, units that no Latin, Greek or Cyrillic text
/// has become line ends: then the bytes around a stretch of UTF-16 do not stick to its words.
pub(super) fn decode(bytes: &[u8], (offset, big): (usize, bool), strict: bool) -> Vec<u8> {
    let (units, _) = bytes.get(offset..).unwrap_or_default().as_chunks::<2>();
    let units = units.iter().map(|unit| {
        let unit = if big { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) };
        let usual = matches!(unit >> 8, 0..=4 | 0x1E | 0xFF) || matches!(unit, 0x200B..=0x200F | 0x2060);
        if strict && !usual { 10 } else { unit }
    });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}
