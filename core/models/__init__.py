"""The networks, and the one interface behind which they run (`engine`)."""
