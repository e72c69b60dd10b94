//! Columns that take little room for as long as what they hold allows: memory is half of what a short bar costs.

/// A column that is one value until another comes: without sides nobody bought, and hardly any bar has flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated<T> {
    length: usize,
    value: T,
    /// All values; none as long as they are all the same.
    values: Vec<T>,
}

impl<T: Copy + PartialEq> Repeated<T> {
    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// One value.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T> {
        (index < self.length).then(|| self.values.get(index).copied().unwrap_or(self.value))
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.length).filter_map(|index| self.get(index))
    }

    /// All values.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        if self.values.is_empty() {
            vec![self.value; self.length]
        } else {
            self.values.clone()
        }
    }

    pub(super) fn reserve(&mut self, count: usize) {
        self.values.reserve(self.length + count - self.values.len());
    }

    pub(super) fn extend(&mut self, more: &[T]) {
        let before = self.length;
        self.length += more.len();
        if !self.values.is_empty() {
            self.values.extend_from_slice(more);
            return;
        }
        if let (0, Some(first)) = (before, more.first()) {
            self.value = *first;
        }
        // Counted rather than searched for, so that it is a few instructions for many.
        if more.iter().filter(|value| **value != self.value).count() > 0 {
            self.values.resize(before, self.value);
            self.values.extend_from_slice(more);
        }
    }

    pub(super) fn append(&mut self, others: &Self) {
        self.extend(&others.to_vec());
    }
}

/// Notionals, in 64 bits for as long as all of them fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notionals {
    narrow: Vec<i64>,
    /// All of them; none as long as they fit into 64 bits.
    wide: Vec<i128>,
}

impl Notionals {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.narrow.len().max(self.wide.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<i128> {
        let narrow = self.narrow.get(index).map(|units| i128::from(*units));
        narrow.or_else(|| self.wide.get(index).copied())
    }

    /// All of them in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i128> + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// As many as fit into 64 bits each; none if one does not.
    #[must_use]
    pub fn narrow(&self) -> Option<&[i64]> {
        self.wide.is_empty().then_some(&self.narrow)
    }

    pub(super) fn reserve(&mut self, count: usize) {
        if self.wide.is_empty() {
            self.narrow.reserve(count);
        } else {
            self.wide.reserve(count);
        }
    }

    #[allow(clippy::cast_possible_truncation)] // Where all fit, which is asked first.
    pub(super) fn extend(&mut self, more: &[i128]) {
        let all_fit =
            more.iter().fold(true, |fit, units| fit & (i128::from(*units as i64) == *units));
        if self.wide.is_empty() && all_fit {
            self.narrow.extend(more.iter().map(|units| *units as i64));
            return;
        }
        self.wide.extend(self.narrow.drain(..).map(i128::from));
        self.wide.extend_from_slice(more);
    }

    pub(super) fn append(&mut self, others: &Self) {
        self.extend(&others.iter().collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repeated(chunks: &[Vec<u8>]) -> Repeated<u8> {
        let mut column = Repeated::default();
        for chunk in chunks {
            column.extend(chunk);
        }
        column
    }

    fn notionals(chunks: &[Vec<i128>]) -> Notionals {
        let mut column = Notionals::default();
        for chunk in chunks {
            column.extend(chunk);
        }
        column
    }

    #[test]
    fn one_value_takes_no_room_until_another_comes() {
        let mut column = repeated(&[vec![], vec![7, 7], vec![7]]);
        assert_eq!((column.len(), column.values.len(), column.to_vec()), (3, 0, vec![7; 3]));
        column.extend(&[7, 1]);
        assert_eq!((column.values.as_slice(), column.get(5)), ([7, 7, 7, 7, 1].as_slice(), None));
    }

    #[test]
    fn notionals_are_narrow_until_one_does_not_fit() {
        let edge = i128::from(i64::MAX);
        assert_eq!(
            notionals(&[vec![edge, -edge - 1]]).narrow(),
            Some([i64::MAX, i64::MIN].as_slice())
        );
        assert_eq!(notionals(&[vec![1], vec![edge + 1]]).narrow(), None);
    }

    proptest! {
        #[test]
        fn columns_hold_what_came_in_whatever_the_chunks(
            chunks in prop::collection::vec(prop::collection::vec(0..2_u8, 0..4), 0..6),
        ) {
            let all = chunks.concat();
            let column = repeated(&chunks);
            prop_assert_eq!(column.iter().collect::<Vec<_>>(), all.clone());
            prop_assert_eq!(column.to_vec(), all.clone());
            prop_assert_eq!(column, repeated(&[all]));
        }

        #[test]
        fn notionals_are_what_came_in_whatever_the_chunks(
            chunks in prop::collection::vec(prop::collection::vec(prop_oneof![-5..5_i128, Just(i128::MAX)], 0..4), 0..6),
        ) {
            let all = chunks.concat();
            prop_assert_eq!(notionals(&chunks).iter().collect::<Vec<_>>(), all.clone());
            prop_assert_eq!(notionals(&chunks), notionals(&[all]));
        }
    }
}
