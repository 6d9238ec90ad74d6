"""Measurement: how often gisa is right, cites right, refuses right, and how quickly."""
