"""Keys of people and of sealed cases: identity files, what is locked with a passphrase, who can open a case."""
