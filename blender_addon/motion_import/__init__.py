"""Brings in motion that other programs estimated or recorded: the core converts the file, the assembly builds it."""
