"""The whole on a broker: records in, what the real worker makes of them out, and what the oracle says it must be."""
