"""Replay the same requests under another connection string."""
