"""Values of options that several scripts have."""

import argparse


def threshold_of(text):
    """`0.5%`, as a part of 1"""
    try:
        number = float(text.rstrip("% "))
    except ValueError:
        number = -1
    if not text.endswith("%") or not 0 <= number < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage, such as 0.5%")
    return number / 100
