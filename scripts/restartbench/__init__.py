"""Reads what bench measured, and works on it; the scripts beside this folder use it.

errors      the errors that a script ends with, and their exit codes
documents   a JSON file, checked against the schema of its version
results     a run: its cells, samples, stages, comparisons
accounts    counters, the ledger of kernel objects and the model of a cell
costs       what kernel objects cost: files of bench objects
coverage    which sharing graphs can be restored: output of bench coverage
statistics  medians, and intervals of medians and of ratios
comparing   ratios of cells, from the file or from its samples
tracking    the same cell in many runs: scripts/history
regress     two sides compared: scripts/regress
inputs      all files of a command line, of whatever kind
"""
