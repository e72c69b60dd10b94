"""What the risk area uses, one file a technology."""
