"""The blocks that detectors share."""
