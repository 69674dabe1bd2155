"""What is installed, and what ran last, as a text that a user can copy."""
