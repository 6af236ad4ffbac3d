"""Seeded mistakes in the engine, to see that the tests find each: `python -m tests.mutations`, or `make mutations`."""
