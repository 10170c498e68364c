"""The web console: a face over `workflow` as `cli` is one; it decides nothing and words nothing a second time."""
