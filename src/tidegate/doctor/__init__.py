"""Facts of an environment to findings: what is wrong, where, and what mends it. Pure; one file a subject."""
