"""Pure: (policy, measurements) → Verdict. No measurement never counts as success."""
