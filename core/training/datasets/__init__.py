"""Readers for the paper's data sets in their original layouts, the feature cache, and the sampling of clips."""
