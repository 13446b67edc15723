"""Many small fits in one call, one a group of rows."""
