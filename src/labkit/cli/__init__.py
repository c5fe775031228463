"""The command `labkit`: parse, call, print."""
