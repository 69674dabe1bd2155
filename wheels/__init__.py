"""What stands behind `dev.py`: environments, pinned wheels, the extension zip. Standard library only; never shipped."""
