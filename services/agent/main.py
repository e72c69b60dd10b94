"""Runs the agent service."""

from algotrendy.platform.serve import main

main("agent")
