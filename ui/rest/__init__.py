"""The REST API: HTTP in front of `ui.service`."""
