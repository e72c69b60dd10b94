"""Limits and their way into force; exposure and breaches, watched from events."""
