"""The simulator: the production step, commit and recovery in one process, over fakes of the log, the broker, the group and the clocks.

A seed draws a list of actions, which is printed; the list is played without any chance in it; what came out is judged against the
oracle. `python -m tests.simulation` plays many seeds, replays one, and makes the list of one that fails shorter.
"""
