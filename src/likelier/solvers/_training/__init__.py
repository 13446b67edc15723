"""The training of networks.

`plan.py` says how one is trained and what of that is compiled, `loop.py` is the compiled loop, and
`training.py` runs it: rows in, epochs in chunks, weights out.
"""
