"""Runs the market_data service."""

from algotrendy.platform.serve import main

main("market_data")
