"""One file for each chat tool."""
