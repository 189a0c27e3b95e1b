"""Figures of results. Each module has a NAME, what it is ABOUT, what it NEEDS; sheets(),
which makes the data out of files, and draw(), which makes a figure out of the data."""

from . import costs, coverage, history, ledger, ratio, size, stages, sweep

FIGURES = {module.NAME: module
           for module in (size, stages, ledger, costs, ratio, sweep, coverage, history)}
