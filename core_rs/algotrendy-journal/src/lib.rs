//! AlgoTrendy: journal.
