"""Runs the trading service."""

from algotrendy.platform.serve import main

main("trading")
