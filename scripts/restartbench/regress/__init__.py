"""Did a change make restarts slower? Two sides, base and head, and a verdict a cell."""
