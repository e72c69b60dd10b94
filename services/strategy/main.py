"""Runs the strategy service."""

from algotrendy.platform.serve import main

main("strategy")
