"""Why a verdict came out as it did, for people."""
