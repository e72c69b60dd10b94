"""Orders, fills, positions and cash: accounts, each with one core, one journal and one venue."""
