"""Backtests: strategies over history, on the trading core that also trades live."""
