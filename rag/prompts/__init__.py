"""Prompt templates, one file for each language."""
