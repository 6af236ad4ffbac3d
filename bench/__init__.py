"""How fast it is, as ratios within one run, so that a number means the same on every machine: `make bench`."""
