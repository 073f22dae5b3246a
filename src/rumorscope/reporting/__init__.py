"""Experiments for readers: one HTML page, Markdown and CSV, out of the same tables and figures."""
