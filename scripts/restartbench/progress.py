"""Progress on stderr: on a terminal only, and only of what takes a while."""

import sys
import time

# Seconds after which it begins: what is over by then needs none.
BEGIN = 1.0


class Progress:
    """One line that is written over."""

    def __init__(self, name, stream=None, clock=time.monotonic):
        self._name = name
        self._stream = stream or sys.stderr
        self._clock = clock
        self._start = clock()
        self._shown = False

    def step(self, text):
        if self._stream.isatty() and self._clock() - self._start >= BEGIN:
            self._stream.write(f"\r\033[K{self._name}: {text}")
            self._stream.flush()
            self._shown = True

    def clear(self):
        """Removes the line; to be called before anything else is written."""
        if self._shown:
            self._stream.write("\r\033[K")
            self._stream.flush()
            self._shown = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()
