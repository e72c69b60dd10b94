"""Runs the ml service."""

from algotrendy.platform.serve import main

main("ml")
