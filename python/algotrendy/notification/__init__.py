"""Turns events into messages by rules, and delivers them."""
