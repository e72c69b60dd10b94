"""Answers requests in plain English, and previews orders that only a confirmation places."""
