"""Trains, fits and measures the reader (rag.reading)."""
