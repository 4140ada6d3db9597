"""What takes really cost: refreshed prices, the settling of finished takes, and the bill when it comes."""
