"""What files say about themselves: one reader for each standard, called in worker processes.

Nothing in here refuses a file. What is damaged, too large or not understood is left out, and named.
"""
