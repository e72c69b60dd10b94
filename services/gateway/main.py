"""Runs the gateway service."""

from algotrendy.platform.serve import main

main("gateway")
