"""Surfaces: each turns a request into `rag.pipeline.ask` and an Answer into its own shape."""
