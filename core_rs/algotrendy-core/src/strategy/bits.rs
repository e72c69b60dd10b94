//! Conditions as bits, one a bar: a bar at which something holds is found 64 at a time.

/// A row of bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    /// No bits, with room for so many.
    #[must_use]
    pub fn with_room(length: usize) -> Self {
        Self { words: Vec::with_capacity(length.div_ceil(64)), length: 0 }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// In words, the first bit the lowest; behind the last bit they are 0.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// One bit; not set beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// The first bit that is set, from a place on.
    #[must_use]
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut place = from / 64;
        let mut word = *self.words.get(place)? & (u64::MAX << (from % 64));
        while word == 0 {
            place += 1;
            word = *self.words.get(place)?;
        }
        Some(place * 64 + word.trailing_zeros() as usize)
    }

    /// How many are set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Adds a bit.
    pub fn push(&mut self, bit: bool) {
        if self.length % 64 == 0 {
            self.words.push(0);
        }
        let last = self.words.len() - 1;
        self.words[last] |= u64::from(bit) << (self.length % 64);
        self.length += 1;
    }

    /// Adds a bit for each value: whether it is 1, which is what a condition that holds is.
    pub fn extend(&mut self, values: &[f64]) {
        let alone = values.len().min((64 - self.length % 64) % 64);
        let (first, rest) = values.split_at(alone);
        for value in first {
            self.push(holds(*value));
        }
        self.words.reserve(rest.len() / 64 + 1);
        let mut groups = rest.chunks_exact(64);
        for group in &mut groups {
            self.words.push(word(group));
            self.length += 64;
        }
        for value in groups.remainder() {
            self.push(holds(*value));
        }
    }

    /// Bits made of others', word by word.
    #[must_use]
    pub fn of(length: usize, word: impl Fn(usize) -> u64) -> Self {
        let mut words: Vec<u64> = (0..length.div_ceil(64)).map(word).collect();
        if let (Some(last), true) = (words.last_mut(), length % 64 > 0) {
            *last &= (1 << (length % 64)) - 1;
        }
        Self { words, length }
    }
}

/// Whether a condition holds: it is 1, 0 or NaN.
pub(super) fn holds(value: f64) -> bool {
    value > 0.5
}

/// 64 values as bits. Bytes first, which the processor compares several of at a time; a product then puts eight of them side by side.
fn word(values: &[f64]) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bytes = [0_u8; 64];
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = u8::from(holds(*value));
    }
    let eight = |chunk: &[u8]| u64::from_le_bytes(chunk.try_into().unwrap_or_default());
    let gathered = |chunk: &[u8]| eight(chunk).wrapping_mul(GATHER) >> 56;
    bytes.chunks_exact(8).rev().fold(0, |word, chunk| word << 8 | gathered(chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_what_the_values_say_however_they_are_added(
            values in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)], 0..400),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(values.len() + 1)).collect();
            cuts.extend([0, values.len()]);
            cuts.sort_unstable();
            let mut bits = Bits::default();
            cuts.windows(2).for_each(|cut| bits.extend(&values[cut[0]..cut[1]]));
            let expected: Vec<bool> = values.iter().map(|value| value.to_bits() == 1.0_f64.to_bits()).collect();
            prop_assert_eq!(bits.len(), values.len());
            let found: Vec<bool> = (0..values.len()).map(|index| bits.get(index)).collect();
            prop_assert_eq!(&found, &expected);
            for from in 0..values.len() + 70 {
                let next = (from..values.len()).find(|index| expected[*index]);
                prop_assert_eq!(bits.next(from), next);
            }
            prop_assert_eq!(bits.count(), expected.iter().filter(|bit| **bit).count());
            let inverse = Bits::of(bits.len(), |place| !bits.words()[place]);
            prop_assert_eq!(inverse.count() + bits.count(), values.len());
        }
    }
}
