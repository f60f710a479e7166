"""The embedded planner: a schema matcher that answers the same prompts as a language model, for nothing."""
