"""One loop for every detector: stages, checkpoints, run history."""
