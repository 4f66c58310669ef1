"""The contest of Q-1: who takes part, under which loads, and the table of it."""
