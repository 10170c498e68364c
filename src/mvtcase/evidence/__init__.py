"""What was brought to be examined: its kind, the phone it came from, its hashes, and a safe shape for MVT to read.

Everything here runs in the parent and treats the evidence as hostile: it opens regular files only, follows no link,
waits for no FIFO, never parses more than bounded headers and property lists, and never writes to the original.
"""
