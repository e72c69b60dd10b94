"""The main job, end to end, on real data: the platform is started and used through its public contract."""
