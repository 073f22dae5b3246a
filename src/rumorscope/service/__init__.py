"""The HTTP service and its page: the same `Scorer` as everywhere, behind a bounded queue."""
