//! The name that was probably meant.

use std::fmt;

/// The end of a message about an unknown name: empty, or which name was probably meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DidYouMean(pub Option<String>);

impl fmt::Display for DidYouMean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(formatter, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// What other languages call it.
const ALIASES: [(&str, &str); 24] = [
    ("adv", "sma"),
    ("avg", "mean"),
    ("average", "mean"),
    ("bbands", "bollinger"),
    ("correlation", "corr"),
    ("covariance", "cov"),
    ("crossover", "cross_above"),
    ("crossunder", "cross_below"),
    ("delay", "lag"),
    ("diff", "delta"),
    ("ln", "log"),
    ("pow", "signed_power"),
    ("ref", "lag"),
    ("rma", "wilder"),
    ("sar", "psar"),
    ("scale", "cs_scale"),
    ("shift", "lag"),
    ("stddev", "std"),
    ("stdev", "std"),
    ("stoch", "stochastic"),
    ("tr", "true_range"),
    ("trange", "true_range"),
    ("willr", "williams_r"),
    ("iff", "where"),
];

/// The nearest of `names`, if it is near: a third of its letters may differ.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> DidYouMean {
    let wanted = name.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == wanted).map(|(_, meant)| *meant);
    let allowed = match wanted.chars().count() {
        0 | 1 => 0,
        length => (length / 3).clamp(1, 4),
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in names {
        let distance =
            if Some(candidate) == alias { 0 } else { distance(&wanted, candidate, allowed) };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    DidYouMean(best.map(|(_, candidate)| candidate.to_owned()))
}

/// How many letters to insert, drop, replace or swap with their neighbour; more than `allowed` where it is clear at once.
fn distance(left: &str, right: &str, allowed: usize) -> usize {
    if left.len().abs_diff(right.len()) > 4 * allowed {
        return usize::MAX;
    }
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.to_ascii_lowercase().chars().collect();
    if left.len().abs_diff(right.len()) > allowed {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let replaced = last[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["sma", "ema", "std", "lag", "bollinger", "true_range"];
        for (name, meant) in [
            ("sme", "sma"),
            ("sam", "sma"),
            ("SMA", "sma"),
            ("bolinger", "bollinger"),
            ("truerange", "true_range"),
            ("delay", "lag"),
        ] {
            assert_eq!(nearest(name, names).0.as_deref(), Some(meant), "{name}");
        }
    }

    #[test]
    fn a_far_name_is_not() {
        for name in ["x", "volume", "smaller_average", "é"] {
            assert_eq!(nearest(name, ["sma", "std"]).0, None, "{name}");
        }
    }
}
