//! The times at which anything of several series happens: each once, in order.

/// All times of `series`, each of which rises.
pub(super) fn union(mut series: Vec<&[i64]>) -> Vec<i64> {
    series.retain(|times| !times.is_empty());
    // Most instruments of a market close at the same times, and telling that is cheaper than merging.
    let mut distinct: Vec<Vec<i64>> = Vec::new();
    let mut last: Option<&[i64]> = None;
    for times in series {
        if last != Some(times) {
            let mut own = times.to_vec();
            own.dedup();
            distinct.push(own);
            last = Some(times);
        }
    }
    while distinct.len() > 1 {
        let pairs = distinct.chunks(2);
        distinct = pairs
            .map(|pair| match pair {
                [left, right] => merged(left, right),
                _ => pair.concat(),
            })
            .collect();
    }
    distinct.pop().unwrap_or_default()
}

fn merged(left: &[i64], right: &[i64]) -> Vec<i64> {
    if left == right {
        return left.to_vec();
    }
    let mut both = Vec::with_capacity(left.len().max(right.len()));
    let (mut i, mut j) = (0, 0);
    while let (Some(&a), Some(&b)) = (left.get(i), right.get(j)) {
        both.push(a.min(b));
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    both.extend_from_slice(&left[i..]);
    both.extend_from_slice(&right[j..]);
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_union_is_what_a_set_holds(
            mut series in prop::collection::vec(prop::collection::vec(0..40_i64, 0..12), 0..7),
        ) {
            for times in &mut series {
                times.sort_unstable();
            }
            let set: std::collections::BTreeSet<i64> = series.iter().flatten().copied().collect();
            let union = union(series.iter().map(Vec::as_slice).collect());
            prop_assert_eq!(union, set.into_iter().collect::<Vec<_>>());
        }
    }
}
