"""Trains and measures the reader (rag.reading)."""
