"""Traces of manipulation: forgeries made to learn and to test by, and what shows in a picture's bytes."""
