"""What is measured, how, and against whom. `make bench` runs all, `make bench NAME=bars` one."""
