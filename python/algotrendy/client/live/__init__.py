"""Strategies as classes on a running platform: the class of a backtest, on paper or live."""
