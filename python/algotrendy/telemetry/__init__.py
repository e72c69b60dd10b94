"""Logs, traces and metrics, shared by all services."""
