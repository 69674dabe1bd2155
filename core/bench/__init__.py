"""`python -m core bench`: how fast we are beside MediaPipe, and how memory grows. Development only; not in the zip."""
