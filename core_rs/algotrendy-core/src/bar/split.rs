//! Shares what was traded among bars, in whole units, so that nothing is lost.

use super::element::Bar;
use crate::price::{Notional, Quantity};

/// One bar's share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub(super) volume: Quantity,
    pub(super) notional: Notional,
    pub(super) buy_volume: Quantity,
    pub(super) sell_volume: Quantity,
}

impl Share {
    /// Gives it to a bar, in place of what that holds.
    pub fn give_to(self, bar: &mut Bar) {
        bar.volume = self.volume;
        bar.notional = self.notional;
        bar.buy_volume = self.buy_volume;
        bar.sell_volume = self.sell_volume;
    }
}

/// Equal shares in whole units; the earliest take what is left over. Buyers', sellers' and unknown volume are shared in proportion.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    count: i128,
    taken: i128,
    volume: i64,
    notional: i128,
    /// What is left: of the volume in all, of buyers, of sellers, of neither.
    left: i64,
    parts_left: [i64; 3],
}

impl Shares {
    /// What a bar holds, for `count` bars.
    pub fn of(bar: &Bar, count: u64) -> Self {
        let (volume, bought, sold) = (bar.volume.0, bar.buy_volume.0, bar.sell_volume.0);
        Self {
            count: i128::from(count),
            taken: 0,
            volume,
            notional: bar.notional.0,
            left: volume,
            parts_left: [bought, sold, volume - bought - sold],
        }
    }

    /// The next share; nothing once all are taken.
    pub fn next_share(&mut self) -> Share {
        if self.taken >= self.count {
            return Share::default();
        }
        let whole_volume = i128::from(self.volume);
        let volume = i64::try_from(self.share(whole_volume)).unwrap_or(self.left);
        let notional = self.share(self.notional);
        let [bought, sold, _] = self.parts(volume);
        self.taken += 1;
        Share {
            volume: Quantity(volume),
            notional: Notional(notional),
            buy_volume: Quantity(bought),
            sell_volume: Quantity(sold),
        }
    }

    fn share(&self, total: i128) -> i128 {
        total.div_euclid(self.count) + i128::from(self.taken < total.rem_euclid(self.count))
    }

    /// Of each part, what falls to `volume` of what is left; units that rounding leaves go to the first that have any.
    fn parts(&mut self, volume: i64) -> [i64; 3] {
        let in_proportion = |part: i64| {
            let exact = i128::from(part) * i128::from(volume) / i128::from(self.left.max(1));
            i64::try_from(exact).unwrap_or(part)
        };
        let mut taken = self.parts_left.map(in_proportion);
        let mut missing = volume - taken.iter().sum::<i64>();
        while missing > 0 {
            for (part, left) in taken.iter_mut().zip(self.parts_left) {
                let unit = i64::from(missing > 0 && *part < left);
                *part += unit;
                missing -= unit;
            }
        }
        self.left -= volume;
        for (left, part) in self.parts_left.iter_mut().zip(taken) {
            *left -= part;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::Price;
    use proptest::prelude::*;

    fn bar(notional: i128, bought: i64, sold: i64, unknown: i64) -> Bar {
        Bar {
            volume: Quantity(bought + sold + unknown),
            notional: Notional(notional),
            buy_volume: Quantity(bought),
            sell_volume: Quantity(sold),
            ..Bar::at(Price(1), 0, 0)
        }
    }

    fn shares(bar: &Bar, count: u64) -> Vec<Share> {
        let mut shares = Shares::of(bar, count);
        (0..count).map(|_| shares.next_share()).collect()
    }

    #[test]
    fn the_earliest_shares_take_the_units_left_over() {
        let shares = shares(&bar(-7, 5, 4, 2), 3);
        assert_eq!(shares.iter().map(|share| share.volume.0).collect::<Vec<_>>(), [4, 4, 3]);
        let notionals: Vec<i128> = shares.iter().map(|share| share.notional.0).collect();
        assert_eq!(notionals, [-2, -2, -3]);
    }

    #[test]
    fn fewer_units_than_bars_go_to_the_first_of_them() {
        let volumes = shares(&bar(0, 1, 1, 0), 4).into_iter().map(|share| share.volume.0);
        assert_eq!(volumes.collect::<Vec<_>>(), [1, 1, 0, 0]);
    }

    #[test]
    fn once_all_shares_are_taken_there_is_nothing() {
        let mut shares = Shares::of(&bar(10, 3, 0, 0), 1);
        let whole = Share {
            volume: Quantity(3),
            notional: Notional(10),
            buy_volume: Quantity(3),
            sell_volume: Quantity::ZERO,
        };
        assert_eq!(shares.next_share(), whole);
        assert_eq!(shares.next_share(), Share::default());
    }

    #[test]
    fn a_share_takes_the_place_of_what_a_bar_holds() {
        let mut given = bar(99, 9, 9, 9);
        shares(&bar(8, 2, 4, 2), 2)[0].give_to(&mut given);
        assert_eq!(given, bar(4, 1, 2, 1));
    }

    fn part() -> impl Strategy<Value = i64> {
        prop_oneof![0..3_i64, 0..=i64::MAX / 3]
    }

    proptest! {
        #[test]
        fn shares_are_even_and_add_up(notional in -10_i128.pow(30)..10_i128.pow(30), bought in part(), sold in part(), unknown in part(), count in 1..50_u64) {
            let whole = bar(notional, bought, sold, unknown);
            let shares = shares(&whole, count);
            let sum = |part: fn(&Share) -> i64| shares.iter().map(part).sum::<i64>();
            prop_assert_eq!(sum(|share| share.volume.0), whole.volume.0);
            prop_assert_eq!(sum(|share| share.buy_volume.0), bought);
            prop_assert_eq!(sum(|share| share.sell_volume.0), sold);
            prop_assert_eq!(shares.iter().map(|share| share.notional.0).sum::<i128>(), notional);
            let (first, last) = (shares[0], shares[shares.len() - 1]);
            prop_assert!(first.volume.0 - last.volume.0 <= 1);
            prop_assert!(first.notional.0 - last.notional.0 <= 1);
            prop_assert!(shares.windows(2).all(|pair| pair[0].volume >= pair[1].volume && pair[0].notional >= pair[1].notional));
            for Share { volume, buy_volume, sell_volume, .. } in shares {
                prop_assert!(buy_volume.0 >= 0 && sell_volume.0 >= 0 && buy_volume.0 + sell_volume.0 <= volume.0);
            }
        }
    }
}
