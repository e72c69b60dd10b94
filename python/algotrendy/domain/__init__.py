"""Nouns that every area shares. No I/O, no clock of their own, no transport."""
