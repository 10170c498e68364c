"""What MVT must not be handed: irregular files, endless property lists, databases that run code."""
