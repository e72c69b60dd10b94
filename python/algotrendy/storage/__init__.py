"""What is kept: the data folder, PostgreSQL's pool, its migrations and projections."""
