"""Renders the rendered validation benchmark: videos of clothed people with exact truth. Development only."""
