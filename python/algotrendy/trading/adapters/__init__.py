"""What the trading area uses, one file a technology."""
