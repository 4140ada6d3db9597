"""What is seen: clips conformed to the cut, mixed into each other, and lettered."""
