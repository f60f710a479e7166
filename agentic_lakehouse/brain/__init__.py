"""Brain: facts in, a validated contract out. Prompts, models, the embedded planner, ladder, journal and budgets."""
