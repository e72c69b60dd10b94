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
