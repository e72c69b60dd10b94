"""Runs the notification service."""

from algotrendy.platform.serve import main

main("notification")
