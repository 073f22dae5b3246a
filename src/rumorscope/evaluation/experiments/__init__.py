"""Experiments: rows of detectors, variants or settings on columns of data, cell by cell, and resumable."""
