"""The naive oracle: a second reading of the contract, sections 2 to 4, written to be obviously right and not to be fast.

A checked model and the records of one partition in arrival order in; at every moment the truth of each rule, its points and the
scores are worked out anew from the whole list of events. It shares no code with `streamer/score`.
"""
