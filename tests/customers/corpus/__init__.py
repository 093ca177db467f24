"""Files as people drop them, good and bad, built byte by byte so that each is exactly as broken as it says."""
