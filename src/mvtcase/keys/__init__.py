"""Keys of people and of sealed cases: identity files, what is locked with a passphrase, who can open a case."""

SIGNS = "ed25519:"
"""What a signing key begins with where it stands among the public keys of an examiner."""
