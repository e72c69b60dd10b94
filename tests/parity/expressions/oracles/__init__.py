"""Expressions against what others publish of the same indicators."""
