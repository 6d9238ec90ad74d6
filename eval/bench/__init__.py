"""Timings against peers, one run in one process."""
