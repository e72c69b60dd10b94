"""Bars against outside reference data."""
