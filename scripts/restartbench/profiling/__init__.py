"""Which functions take a restart's instructions in the emulated guest, and which differ."""
