"""Peers that are built or installed for a benchmark alone, under build/peers."""
