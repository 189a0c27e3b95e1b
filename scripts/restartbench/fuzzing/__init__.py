"""What scripts/fuzz does without libFuzzer."""
