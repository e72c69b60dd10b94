"""Settings of a process, read from the environment."""

from algotrendy.config.settings import AREAS, Addresses, Settings, load_settings

__all__ = ["AREAS", "Addresses", "Settings", "load_settings"]
