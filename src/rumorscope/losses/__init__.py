"""One loss a file, named for the loss."""
