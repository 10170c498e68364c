"""Running MVT in a child process of ours, on hostile input: a JSON line goes in, JSON lines and files come out."""
