"""All tests; their folders mirror the tree."""
