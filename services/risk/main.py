"""Runs the risk service."""

from algotrendy.platform.serve import main

main("risk")
