"""Benchmarks: the platform against two yardsticks on the same machine in the same run. `make bench`, or
`python -m tests.bench [name …]`."""
