"""The review queue: verdicts that people look at again, and a log of what they decided."""
