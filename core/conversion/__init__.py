"""Development only: makes the committed assets from their sources, and the ONNX files from the assets."""
