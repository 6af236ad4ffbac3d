"""Tests of the commands, and of what they stand on."""
