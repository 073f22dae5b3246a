"""Posts → verdicts: `Scorer`, and files of any length."""
