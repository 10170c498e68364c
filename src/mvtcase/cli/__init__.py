"""The command line: parse, prompt, print; it decides nothing."""
