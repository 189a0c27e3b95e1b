"""The same cells over many revisions: a data base, series, change points, bisection.

environment  what runs must have in common to stand in one series
database     runs and cells in an SQLite file
adding       which cells of a file are taken, and which are refused
revisions    the order of commits
series       points of a cell, one a revision, and where they change
changes      change points in a list of numbers
text         lists and series as people read them
bisecting    git bisect, with bench as the judge
"""
