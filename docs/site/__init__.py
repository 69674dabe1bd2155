"""The documentation as a static site: Markdown in, HTML out; opens from disk, without a network."""
