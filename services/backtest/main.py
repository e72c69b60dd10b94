"""Runs the backtest service."""

from algotrendy.platform.serve import main

main("backtest")
