"""The main job, end to end, on real data, through the platform's public contract."""
