"""Runs areas as processes: embedded servers, the supervisor and what an area is given."""
