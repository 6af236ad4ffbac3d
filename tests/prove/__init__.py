"""The proof: workers and brokers are killed, stopped and replaced on purpose, and what is left is what an undisturbed worker gives.

`python -m tests.prove` runs it and prints what happened; docs/proof.md says what it shows.
"""
