"""The scoring engine: (row, event, model, now) in, (row, alerts) out. Pure: no clock, no I/O, no framework."""
