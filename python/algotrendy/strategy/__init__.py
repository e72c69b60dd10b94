"""Strategies: what they decide, where they are kept, and how they trade an account."""
