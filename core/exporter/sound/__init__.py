"""What is heard: the music and the clips' own sound, mixed and brought to a loudness."""
