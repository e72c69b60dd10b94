//! AlgoTrendy: core.
