//! Over the members of a universe that have a value at a bar; one that has none gets none and does not count.

use super::X;
use crate::expr::function::{Body, Function, Group};
use crate::expr::op::CrossOp;

const PLAIN: Function =
    Function { group: Group::CrossSection, parameters: &[X], ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cs_rank",
        body: Body::CrossSection(CrossOp::Rank),
        summary: "The rank among the members, above 0 to 1 for the largest.",
        formula: "(1 + members below + other equals / 2) / members",
        convention: "Equals share their mean rank, as in pandas' rank(pct=True).",
        source: "rank of the 101 Alphas",
        ..PLAIN
    },
    Function {
        name: "cs_zscore",
        body: Body::CrossSection(CrossOp::ZScore),
        summary: "How many standard deviations the value is from the members' mean; null where they are equal.",
        formula: "(x - x̄) / √(Σ (x - x̄)² / (members - 1))",
        convention: "The sample's deviation (ddof=1).",
        ..PLAIN
    },
    Function {
        name: "cs_demean",
        body: Body::CrossSection(CrossOp::Demean),
        summary: "The deviation from the members' mean.",
        formula: "x - x̄",
        ..PLAIN
    },
    Function {
        name: "cs_scale",
        body: Body::CrossSection(CrossOp::Scale),
        summary: "The share of the sum of the members' sizes: the sizes of the results add up to 1.",
        formula: "x / Σ |x|",
        source: "scale of the 101 Alphas",
        ..PLAIN
    },
];
