"""Chaos: real processes killed in every state of a take, under every fault, and the books compared after.

`cases` says what is played, `nursery` breeds the processes, `play` plays one case, `verdict` compares what
the emulator billed with what the product has on its disk. A case is told by its seed and number alone.
"""
