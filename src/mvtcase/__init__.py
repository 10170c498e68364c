"""mvtcase: a case orchestrator around MVT. What was examined, with what result, how sure we are."""
