//! The same bytes as they may come: in pieces of any size.

use crate::line_rules::cut;

/// The first byte and the rest, in pieces that the first byte chooses: whole, byte by byte, or of sizes that look random.
pub(crate) fn pieces(data: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let (seed, bytes) = data.split_first()?;
    let mut state = u32::from(*seed);
    let sizes = std::iter::repeat_with(|| {
        // Knuth's linear congruential generator of MMIX, cut down to 32 bits by Numerical Recipes.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match seed {
            0 => usize::MAX,
            1 => 1,
            2..=127 => (state >> 28) as usize,
            128.. => (state >> 25) as usize,
        }
    });
    Some((bytes, cut(bytes, sizes.take(bytes.len().min(4096)))))
}
