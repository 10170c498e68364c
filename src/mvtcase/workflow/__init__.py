"""The verbs, one function each: they join the floors below and return values for the faces above to print."""
