"""Lake: the catalog database, branches, commits, slices, ledger, governance and history."""
