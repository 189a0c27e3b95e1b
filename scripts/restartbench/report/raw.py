"""What a page has packed inside: the raw samples behind its numbers, and its figures."""

import base64
import gzip
import json


class RawStore:
    """Every entry has a number by which the page finds it. The page decompresses all of
    them when the first one is looked at."""

    def __init__(self):
        self._entries = []
        self._ids = {}

    def add(self, key, title, file, unit, rounds, labels=()):
        """The number of an entry: samples, one list a round. The same key is added once.

        `labels` name the lists where they are no rounds.
        """
        if key not in self._ids:
            self._ids[key] = len(self._entries)
            entry = {"title": title, "file": file, "unit": unit,
                     "rounds": [list(samples) for samples in rounds]}
            if labels:
                entry["labels"] = list(labels)
            self._entries.append(entry)
        return self._ids[key]

    def find(self, key):
        """The number of an entry, or None."""
        return self._ids.get(key)

    def __getitem__(self, number):
        return self._entries[number]

    def __len__(self):
        return len(self._entries)

    def encoded(self):
        """All entries, packed."""
        return packed(self._entries)


def packed(value):
    """JSON, gzip, base64. The same value gives the same text."""
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(text, 9, mtime=0)).decode()
