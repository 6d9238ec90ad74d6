"""Peers measured on the same articles and models."""
