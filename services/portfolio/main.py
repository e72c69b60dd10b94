"""Runs the portfolio service."""

from algotrendy.platform.serve import main

main("portfolio")
