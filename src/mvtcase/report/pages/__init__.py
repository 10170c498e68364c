"""What each reader gets: facts as a document."""
