"""Running MVT in a child process of ours, on hostile input: jobs go in as one JSON line, events come out as JSON lines."""
