"""Pictures and pages for people: what a judged table says, on one page."""
