"""Effects: walks a plan. One file an executor; the interpreter knows none of them."""
