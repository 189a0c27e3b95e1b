"""Many restarts in a row, large trees, many benches at once: does anything grow?"""
