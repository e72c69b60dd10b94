"""Peers of the backtest engine: each works in a process of its own, in an environment of theirs.

These modules import neither algotrendy nor the harness: nothing of ours is in their environment.
"""
