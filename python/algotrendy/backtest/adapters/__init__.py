"""What stands behind the backtest ports, one file per technology or area."""
