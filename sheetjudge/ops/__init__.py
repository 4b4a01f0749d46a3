"""The verbs: each wires the rooms together; the one thing that every front end calls."""
