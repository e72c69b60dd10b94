"""Our side of each comparison, served by `benchmarks.peers.backtest.serve` like the peers'."""
