"""Scenarios played with the real car or in lockstep, and what is kept of a run."""
