"""The `algotrendy` command."""
