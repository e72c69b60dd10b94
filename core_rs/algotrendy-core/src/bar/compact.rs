//! Columns that take little room: memory is half of what a short bar costs.

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

/// Columns of 64-bit numbers, all as long, in one piece of memory: large pages hold them where one column alone would not fill one.
#[derive(Clone, Debug)]
pub struct Numbers<const COLUMNS: usize> {
    values: Vec<i64>,
    /// How many numbers each column has room for.
    room: usize,
    length: usize,
}

impl<const COLUMNS: usize> Numbers<COLUMNS> {
    /// How long each is.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// One of them.
    pub fn column(&self, place: usize) -> &[i64] {
        &self.values[place * self.room..][..self.length]
    }

    /// All of them.
    pub fn columns(&self) -> [&[i64]; COLUMNS] {
        std::array::from_fn(|place| self.column(place))
    }

    /// Makes room for more numbers in each.
    pub fn reserve(&mut self, count: usize) {
        let room = self.length + count;
        if room <= self.room {
            return;
        }
        // Zeros that are written to later take no time now.
        let mut values = vec![0; COLUMNS * room];
        for (place, column) in self.columns().into_iter().enumerate() {
            values[place * room..][..self.length].copy_from_slice(column);
        }
        (self.values, self.room) = (values, room);
    }

    /// Adds as many numbers to each.
    pub fn extend(&mut self, more: [&[i64]; COLUMNS]) {
        let count = more[0].len();
        if self.length + count > self.room {
            self.reserve(count.max(self.length));
        }
        for (place, column) in more.into_iter().enumerate() {
            self.values[place * self.room + self.length..][..count].copy_from_slice(column);
        }
        self.length += count;
    }
}

impl<const COLUMNS: usize> Default for Numbers<COLUMNS> {
    fn default() -> Self {
        Self { values: Vec::new(), room: 0, length: 0 }
    }
}

impl<const COLUMNS: usize> PartialEq for Numbers<COLUMNS> {
    fn eq(&self, other: &Self) -> bool {
        self.columns() == other.columns()
    }
}

impl<const COLUMNS: usize> Eq for Numbers<COLUMNS> {}

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

    fn numbers(chunks: &[Vec<i64>]) -> Numbers<2> {
        let mut columns = Numbers::default();
        for chunk in chunks {
            let negated: Vec<i64> = chunk.iter().map(|number| -number).collect();
            columns.extend([chunk, &negated]);
        }
        columns
    }

    #[test]
    fn one_value_takes_no_room_until_another_comes() {
        let mut column = repeated(&[vec![], vec![7, 7], vec![7]]);
        assert_eq!((column.len(), column.values.len(), column.to_vec()), (3, 0, vec![7; 3]));
        column.extend(&[7, 1]);
        assert_eq!((column.values.as_slice(), column.get(5)), ([7, 7, 7, 7, 1].as_slice(), None));
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
        fn numbers_are_what_came_in_whatever_the_chunks(
            chunks in prop::collection::vec(prop::collection::vec(-5..5_i64, 0..4), 0..6),
            room in 0..20_usize,
        ) {
            let all = chunks.concat();
            let mut columns = numbers(&chunks);
            columns.reserve(room);
            let negated: Vec<i64> = all.iter().map(|number| -number).collect();
            prop_assert_eq!(columns.columns(), [all.as_slice(), negated.as_slice()]);
            prop_assert_eq!(columns, numbers(&[all]));
        }
    }
}
