"""The names of the five promises, under which what breaks them is told; and that the report is true."""

UNTESTED = "1 no untested byte reaches a user"
WHOLE = "2 one release, promoted whole"
BACK = "3 back in one move"
ONCE = "4 nothing is lost, nothing happens twice"
EVIDENCE = "5 no evidence is not success"
REPORT = "the report is true"
