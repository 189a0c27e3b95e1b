"""Everything from nothing: measures, draws, judges and reports (scripts/reproduce)."""
