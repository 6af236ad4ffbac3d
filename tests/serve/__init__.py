"""Tests of the read side, on a real Redis and real brokers."""
