"""rumorscope judges social media posts, text and pictures together, and shows its evidence."""

__version__ = "0.1.0"
