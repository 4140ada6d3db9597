"""Benchmarks. Each prints a ratio against a named rival or a limit, and its `main() -> int` judges it."""
