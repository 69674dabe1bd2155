"""Many videos: a folder in, a folder of motion files out; on this machine, or on a Ray cluster."""
