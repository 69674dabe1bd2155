"""Public motion capture into the trainer's motion file; reached through `python -m core prepare` alone."""
