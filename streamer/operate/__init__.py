"""The commands: what a person types comes in; brokers, workers, files and views are put to work."""
