"""Dataset files → posts: the manifest, one adapter a dataset, safe image reading, splits."""
