"""The claims C1 to C8 of the discussion of 2008, judged by measured figures."""
