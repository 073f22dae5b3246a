"""Posts → verdicts: the one place where verdicts are made."""
