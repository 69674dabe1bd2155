"""Finding the people of a video and choosing among them."""
