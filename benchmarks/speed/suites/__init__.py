"""The speed suites, one file a suite."""
