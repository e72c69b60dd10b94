"""What stands behind the strategy ports, one file per technology or area."""
