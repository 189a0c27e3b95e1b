"""The report: one HTML page and the same as Markdown (scripts/report)."""
