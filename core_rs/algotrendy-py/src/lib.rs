//! AlgoTrendy: py.
