"""Several clips, estimated one after the other."""
